import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const checkNames = fileURLToPath(new URL('../scripts/check-names.mjs', import.meta.url));

let tree: string;
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'names-'));
});
afterEach(() => rm(tree, { recursive: true }));

describe('check-names', () => {
  it.each([
    'packages/process/src/index.ts',
    'services/votes/src/http/cast-vote.ts',
    'services/votes/migrations/0002-create-known-posts.ts',
    'services/votes/test/http/cast-vote.test.ts',
    'services/votes/dist/index.js',
    'packages/process/node_modules/lib/Base.js',
  ])('accepts %s', async (path) => {
    expect(await complaintsAbout(path)).toBe('');
  });

  it.each([
    ['services/votes/src/http/castVote.ts', 'is not kebab-case'],
    ['services/votes/src/Http/routes.ts', 'is not kebab-case'],
    ['packages/process/src/utils.ts', 'says nothing about what is in it'],
    ['packages/shared/src/logger.ts', 'says nothing about what is in it'],
    ['services/votes/test/helpers.test.ts', 'says nothing about what is in it'],
    ['services/votes/src/models/index.ts', 'is a barrel'],
    ['packages/messaging/src/outbox/index.ts', 'is a barrel'],
  ])('complains that %s %s', async (path, complaint) => {
    expect(await complaintsAbout(path)).toBe(`${path} ${complaint}\n`);
  });
});

async function complaintsAbout(path: string): Promise<string> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), '');
  const run = promisify(execFile)(process.execPath, [checkNames], { cwd: tree });
  const { stdout } = await run.catch((failure: { stdout: string }) => failure);
  return stdout;
}
