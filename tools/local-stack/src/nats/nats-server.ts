import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../machine/cache-folder.js';
import { installNatsWithApt } from './nats-apt.js';
import type { Announce } from './nats-attempt.js';
import { downloadNats, natsRelease } from './nats-download.js';
import { StackError } from '../machine/stack-error.js';

const execute = promisify(execFile);

export interface NatsBinary {
  file: string;
  /** Major and minor version, such as `[2, 12]`. */
  version: [number, number];
}

/**
 * Finds `nats-server`, or gets it: `NATS_SERVER_BIN`, `PATH`, the cache, the official release (checked against its
 * published checksum), Debian's package. Throws a StackError that says what to install.
 */
export async function findNatsServer(
  announce: Announce = () => {},
  signal?: AbortSignal,
): Promise<NatsBinary> {
  const { NATS_SERVER_BIN: chosen } = process.env;
  if (chosen) return usable(chosen, `NATS_SERVER_BIN=${chosen} can't be run.`);
  const present = onPath() ?? cachedCopy();
  if (present) return natsServerAt(present);
  const reasons: string[] = [];
  for (const get of [downloadNats, installNatsWithApt]) {
    const result = await get(announce, signal);
    if ('file' in result) return natsServerAt(result.file);
    reasons.push(result.reason);
  }
  throw new StackError(
    `nats-server is missing (${reasons.join('; ')}). Install it (https://github.com/nats-io/nats-server/releases; macOS: brew install nats-server), or set NATS_SERVER_BIN to its path or NATS_URL to a running server.`,
  );
}

/** The server at a path. */
export const natsServerAt = (path: string): Promise<NatsBinary> => usable(path, `${path} can't be run.`);

async function usable(file: string, complaint: string): Promise<NatsBinary> {
  const { stdout } = await execute(file, ['--version'], { timeout: 10_000 }).catch(() => ({ stdout: '' }));
  const [, major, minor] = /v(\d+)\.(\d+)\./.exec(stdout) ?? [];
  if (!major || !minor) throw new StackError(complaint);
  return { file, version: [Number(major), Number(minor)] };
}

function onPath(): string | undefined {
  // Debian puts servers where only root's PATH looks.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, 'nats-server'))
    .find(isExecutable);
}

function cachedCopy(): string | undefined {
  const file = join(cacheFolder(), natsRelease.name, 'nats-server');
  return isExecutable(file) ? file : undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
