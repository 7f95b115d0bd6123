import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { nameOf } from '../processes/process-identity.js';

/** The process that listens on a TCP port, as `node (process 123)`; "another program" if it cannot be seen. */
export function portOwner(port: number): string {
  const pid = process.platform === 'linux' ? linuxOwner(port) : lsofOwner(port);
  return pid === undefined ? 'another program' : `${nameOf(pid) ?? 'another program'} (process ${pid})`;
}

function linuxOwner(port: number): number | undefined {
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningSockets(table, port)),
  );
  const processes = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const owner = processes.find((pid) => openFiles(pid).some((file) => sockets.has(file)));
  return owner === undefined ? undefined : Number(owner);
}

// The columns are described in proc_net_tcp(5): local address, state (0A is LISTEN) and inode count here.
function listeningSockets(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = tryTo(() => readFileSync(table, 'utf8').split('\n'), []).map((row) => row.trim().split(/\s+/));
  return rows
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === '0A')
    .map((columns) => `socket:[${columns[9]}]`);
}

function openFiles(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  return tryTo(() => readdirSync(folder), []).map((entry) =>
    tryTo(() => readlinkSync(`${folder}/${entry}`), ''),
  );
}

function lsofOwner(port: number): number | undefined {
  const output = tryTo(
    () =>
      execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    '',
  );
  return Number(output.split('\n')[0]) || undefined;
}

function tryTo<Result>(work: () => Result, otherwise: Result): Result {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
