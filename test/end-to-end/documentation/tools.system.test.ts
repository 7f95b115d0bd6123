import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { reachAgora, type ReachedAgora } from '@agora/testing';

const script = fileURLToPath(new URL('../../../scripts/check-tools.sh', import.meta.url));

let agora: ReachedAgora;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agora-tools-'));
  agora = await reachAgora(['auth', 'posts', 'votes', 'gateway'], { algorithm: 'ES256' });
}, 120_000);
afterAll(async () => {
  await agora.stop();
  await rm(folder, { recursive: true, force: true });
});

it('works with the standard tools from npm', async () => {
  const env = { ...process.env, AGORA_URL: agora.origin, TOOLS_DIR: folder };
  // It ends with 1 where a tool fails, and what it says then is the result.
  const { stdout } = await promisify(execFile)('bash', [script, '--npm'], { env }).catch(
    (failure: { stdout: string }) => failure,
  );
  const results = Object.fromEntries(
    [...stdout.matchAll(/^\| (?!tool|---)(.+?) \| .+ \| (.+) \|$/gm)].map(([, tool, result]) => [
      tool,
      result,
    ]),
  );
  expect(results).toEqual({
    spectral: 'pass',
    redocly: 'pass',
    'openapi-to-postmanv2': 'pass',
    'openapi-typescript': 'pass',
    jose: 'pass',
    '@microsoft/fetch-event-source': 'pass',
    eventsource: 'pass',
  });
}, 240_000);
