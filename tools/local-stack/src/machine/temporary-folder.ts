import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftover } from '../processes/end-process.js';
import { endLeftoverNats } from '../nats/nats.js';
import { isReachableByOthers } from './owned-folder.js';
import { endLeftoverPostmaster } from '../postgres/postgres.js';
import { runsWith } from '../processes/process-identity.js';

const prefix = 'agora-test-';

/** Makes an empty folder for the servers of this process, which is identified by `argument` among its arguments. */
export function makeTemporaryFolder(argument: string): string {
  const folder = mkdtempSync(join(parentFolder(), prefix));
  // Also the unprivileged user that root's PostgreSQL runs as has to get in.
  if (process.getuid?.() === 0) chmodSync(folder, 0o711);
  writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, argument }), { mode: 0o600 });
  return folder;
}

/** Writes down a process that the owner of a temporary folder started, which is identified by `argument` among its arguments. */
export function rememberProcess(folder: string, pid: number, argument: string): void {
  mkdirSync(join(folder, 'processes'), { recursive: true });
  writeFileSync(join(folder, 'processes', String(pid)), argument);
}

/** Ends the servers and removes the folders of runs that were killed before they could do so themselves. */
export async function removeAbandonedFolders(): Promise<void> {
  for (const entry of readdirSync(parentFolder()).filter((name) => name.startsWith(prefix))) {
    const folder = join(parentFolder(), entry);
    if (!isAbandoned(folder)) continue;
    await endRemembered(join(folder, 'processes'));
    await endLeftoverNats(join(folder, 'nats'));
    await endLeftoverPostmaster(join(folder, 'postgres'));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function endRemembered(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const pid of readdirSync(folder))
    await endLeftover(Number(pid), readFileSync(join(folder, pid), 'utf8'), [['SIGKILL', 1_000]]);
}

function isAbandoned(folder: string): boolean {
  try {
    if (lstatSync(folder).uid !== process.getuid?.()) return false;
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as {
      pid: number;
      argument: string;
    };
    return !runsWith(owner.pid, owner.argument);
  } catch {
    return false;
  }
}

function parentFolder(): string {
  const isRoot = process.getuid?.() === 0;
  return realpathSync(isRoot && !isReachableByOthers(tmpdir()) ? '/var/tmp' : tmpdir());
}
