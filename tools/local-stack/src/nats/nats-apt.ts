import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Announce, Attempt } from './nats-attempt.js';

const execute = promisify(execFile);
const installed = '/usr/sbin/nats-server';

// Another apt may be at work; a mirror that does not answer must not hold us up.
const limits = [
  '-o',
  'DPkg::Lock::Timeout=60',
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=10',
];

/** Installs Debian's or Ubuntu's package when we are root there, or answers why not. */
export async function installNatsWithApt(announce: Announce, signal?: AbortSignal): Promise<Attempt> {
  const reason = await installPackageWithApt('nats-server', announce, signal);
  if (reason) return { reason };
  return existsSync(installed) ? { file: installed } : { reason: `apt-get did not install ${installed}` };
}

/** Installs a package of Debian or Ubuntu when we are root there; answers why not when it could not. */
export async function installPackageWithApt(
  name: string,
  announce: Announce,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (!isDebian()) return 'no apt-get here';
  if (process.getuid?.() !== 0) return `not root, so no apt-get install ${name}`;
  try {
    announce(`Installing ${name} with apt-get`);
    // Without fresh lists an install may still work, and with them it mostly does.
    await apt(['update', '-qq'], signal).catch(() => {});
    await apt(['install', '-y', '-qq', '--no-install-recommends', name], signal);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return `apt-get install ${name} failed: ${lastLine(error)}`;
  }
}

function apt(args: string[], signal?: AbortSignal) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return execute('apt-get', [...limits, ...args], { env, timeout: 180_000, ...(signal ? { signal } : {}) });
}

function isDebian(): boolean {
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return false;
  return (
    existsSync('/usr/bin/apt-get') &&
    /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.trim().split('\n').pop() ?? '';
}
