import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { downloadNats, natsRelease } from '../src/nats/nats-download.js';
import { findNatsServer } from '../src/nats/nats-server.js';
import { emptyFolder, setEnvironment } from './temporary.js';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

function fakeServer(folder: string, version: string): string {
  const file = join(folder, 'nats-server');
  writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(file, 0o755);
  return file;
}

function fakeRelease(version: string): Buffer {
  const folder = emptyFolder();
  mkdirSync(join(folder, natsRelease.name));
  fakeServer(join(folder, natsRelease.name), version);
  return execFileSync('tar', ['-czf', '-', '-C', folder, natsRelease.name]);
}

async function serveRelease(archive: Buffer, checksum: string): Promise<string> {
  const answers: Record<string, Buffer | string> = {
    [`/${natsRelease.version}/SHA256SUMS`]: `${'0'.repeat(64)}  nats-server-other.zip\n${checksum}  ${natsRelease.name}.tar.gz\n`,
    [`/${natsRelease.version}/${natsRelease.name}.tar.gz`]: archive,
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe('looking for nats-server', () => {
  it('prefers NATS_SERVER_BIN to the one on PATH', async () => {
    const [chosen, onPath] = [fakeServer(emptyFolder(), '2.11.3'), emptyFolder()];
    fakeServer(onPath, '2.10.0');
    setEnvironment({ NATS_SERVER_BIN: chosen, PATH: onPath });
    expect(await findNatsServer()).toEqual({ file: chosen, version: [2, 11] });
  });

  it('uses the one on PATH when none is named', async () => {
    const folder = emptyFolder();
    const file = fakeServer(folder, '2.10.27');
    setEnvironment({ NATS_SERVER_BIN: undefined, PATH: `${folder}:${process.env.PATH}` });
    expect(await findNatsServer()).toEqual({ file, version: [2, 10] });
  });

  it('reports in one line a NATS_SERVER_BIN that is not a server', async () => {
    setEnvironment({ NATS_SERVER_BIN: '/nonexistent/nats-server' });
    await expect(findNatsServer()).rejects.toThrow("NATS_SERVER_BIN=/nonexistent/nats-server can't be run.");
  });
});

describe('downloading nats-server', () => {
  it('keeps a release that matches its published checksum', async () => {
    const archive = fakeRelease('2.12.14');
    const cache = emptyFolder();
    chmodSync(cache, 0o755);
    setEnvironment({
      AGORA_CACHE_DIR: cache,
      NATS_DOWNLOAD_BASE: await serveRelease(archive, sha256(archive)),
    });
    const file = join(cache, natsRelease.name, 'nats-server');
    expect(await downloadNats(() => {})).toEqual({ file });
    expect(readFileSync(file, 'utf8')).toContain('v2.12.14');
    expect(readdirSync(join(cache, natsRelease.name))).toEqual(['nats-server']);
  });

  it('refuses a release that does not match, and keeps nothing of it', async () => {
    const archive = fakeRelease('2.12.14');
    const cache = emptyFolder();
    chmodSync(cache, 0o755);
    setEnvironment({
      AGORA_CACHE_DIR: cache,
      NATS_DOWNLOAD_BASE: await serveRelease(archive, sha256(Buffer.from('other'))),
    });
    expect(await downloadNats(() => {})).toEqual({
      reason: expect.stringContaining('does not match its published checksum'),
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('reports why when the release cannot be fetched', async () => {
    setEnvironment({ AGORA_CACHE_DIR: emptyFolder(), NATS_DOWNLOAD_BASE: 'http://127.0.0.1:1' });
    expect(await downloadNats(() => {})).toEqual({
      reason: expect.stringMatching(/^download from 127\.0\.0\.1:1 failed: ./),
    });
    expect(existsSync(join(process.env.AGORA_CACHE_DIR ?? '', natsRelease.name))).toBe(false);
  });
});
