import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../machine/cache-folder.js';
import type { Announce, Attempt } from './nats-attempt.js';
import { publishFolder } from '../machine/publish-folder.js';

const execute = promisify(execFile);
const version = 'v2.12.14';
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** The pinned release for this platform: `name` is its archive without `.tar.gz`. */
export const natsRelease = { version, name: `nats-server-${version}-${process.platform}-${architecture}` };

/** Downloads the pinned release into the cache, or answers why that did not work. `NATS_DOWNLOAD_BASE` names a mirror. */
export async function downloadNats(announce: Announce, signal?: AbortSignal): Promise<Attempt> {
  const base = process.env.NATS_DOWNLOAD_BASE || 'https://github.com/nats-io/nats-server/releases/download';
  const address = `${base.replace(/\/$/, '')}/${version}`;
  const folder = join(cacheFolder(), natsRelease.name);
  try {
    const expected = await publishedChecksum(address, signal);
    announce(`Downloading nats-server ${version}`);
    const archive = await fetchBytes(`${address}/${natsRelease.name}.tar.gz`, 120_000, signal);
    const actual = createHash('sha256').update(archive).digest('hex');
    if (actual !== expected) throw new Error('the archive does not match its published checksum');
    await publishFolder(folder, (draft) => unpack(archive, draft));
    return { file: join(folder, 'nats-server') };
  } catch (error) {
    signal?.throwIfAborted();
    return { reason: `download from ${new URL(base).host} failed: ${reasonOf(error)}` };
  }
}

async function publishedChecksum(address: string, signal?: AbortSignal): Promise<string> {
  const list = (await fetchBytes(`${address}/SHA256SUMS`, 5000, signal)).toString('utf8');
  const entries = list.split('\n').map((line) => line.trim().split(/\s+\*?/));
  const entry = entries.find(([, file]) => file === `${natsRelease.name}.tar.gz`);
  if (!entry?.[0]) throw new Error(`no checksum of ${natsRelease.name}.tar.gz is published`);
  return entry[0].toLowerCase();
}

async function fetchBytes(url: string, patience: number, signal?: AbortSignal): Promise<Buffer> {
  const limits = [AbortSignal.timeout(patience), ...(signal ? [signal] : [])];
  const response = await fetch(url, { signal: AbortSignal.any(limits) });
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

async function unpack(archive: Buffer, draft: string): Promise<void> {
  const path = join(draft, 'archive.tar.gz');
  await writeFile(path, archive);
  await execute('tar', ['-xzf', path, '-C', draft, `${natsRelease.name}/nats-server`]);
  await rename(join(draft, natsRelease.name, 'nats-server'), join(draft, 'nats-server'));
  await rm(join(draft, natsRelease.name), { recursive: true });
  await rm(path);
  await chmod(join(draft, 'nats-server'), 0o755);
  await chmod(draft, 0o755);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
}
