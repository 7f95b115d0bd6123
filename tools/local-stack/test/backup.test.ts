import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { checkBackup } from '../src/backup/check-backup.js';
import type { Manifest } from '../src/backup/manifest.js';
import { planRestore, restoreBackup } from '../src/backup/restore-backup.js';
import { takeBackup } from '../src/backup/take-backup.js';
import { checkout } from '../src/stack/checkout.js';
import { makeSecrets } from '../src/stack/secrets.js';
import { readTestStack } from '../src/stack/test-stack.js';
import { services } from '../src/stack/topology.js';

const { postgres } = readTestStack();
const suffix = randomBytes(4).toString('hex');
const [here, there] = [`backup_of_${suffix}`, `backup_to_${suffix}`];
const connectionTo = (database: string) => ({ ...postgres, database });
const secrets = makeSecrets();
let folder: string;
let whole: Manifest;
const directory = () => join(folder, 'whole');

async function run(database: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connectionTo(database));
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'agora-backup-'));
  for (const name of [here, there]) await run('postgres', `CREATE DATABASE ${name} TEMPLATE agora_template`);
  await run(
    here,
    `INSERT INTO auth.users (email, password_hash) SELECT 'user' || n || '@example.test', E'\\\\x\\t\\n' FROM generate_series(1, 300) AS n;
     INSERT INTO posts.authors (id, email, created_at) SELECT id, email, created_at FROM auth.users;
     INSERT INTO posts.posts (owner_id, title, content, published) SELECT id, 'Ärger', repeat('é', 500), id % 2 = 0 FROM posts.authors;
     INSERT INTO votes.known_posts (id, owner_id, published, version) SELECT id, owner_id, published, version FROM posts.posts;
     INSERT INTO votes.voters (id) SELECT id FROM auth.users;
     INSERT INTO votes.votes (post_id, user_id) SELECT known_posts.id, voters.id FROM votes.known_posts, votes.voters WHERE voters.id <= 20;`,
  );
  whole = await takeBackup({ connection: connectionTo(here), secrets, directory: directory() });
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  for (const name of [here, there]) await run('postgres', `DROP DATABASE ${name} WITH (FORCE)`);
});

const contentOf = (database: string) =>
  run(
    database,
    `SELECT (SELECT md5(string_agg(users::text, '' ORDER BY id)) FROM auth.users) AS users,
            (SELECT md5(string_agg(posts::text, '' ORDER BY id)) FROM posts.posts) AS posts,
            (SELECT md5(string_agg(votes::text, '' ORDER BY post_id, user_id)) FROM votes.votes) AS votes`,
  );

describe('a backup', () => {
  it('contains and restores everything', async () => {
    const manifest = await checkBackup(directory(), checkout);
    expect(manifest).toEqual(whole);
    const options = { connection: connectionTo(there), directory: directory(), manifest, schemas: services };
    expect(await planRestore(options)).toContainEqual({ table: 'votes.votes', now: 0, then: 6_000 });
    await restoreBackup(options);
    expect(await contentOf(there)).toEqual(await contentOf(here));
  });

  it('is a snapshot of all schemas while they are written to', async () => {
    const busy = `
      WITH account AS (INSERT INTO auth.users (email, password_hash) VALUES (gen_random_uuid() || '@example.test', 'x') RETURNING *)
      INSERT INTO posts.authors (id, email, created_at) SELECT id, email, created_at FROM account`;
    let isOver = false;
    const writing = (async () => {
      while (!isOver) await run(here, busy);
    })();
    const manifest = await takeBackup({
      connection: connectionTo(here),
      secrets,
      directory: join(folder, 'busy'),
    });
    isOver = true;
    await writing;
    const rows = (schema: 'auth' | 'posts', table: string) => manifest.schemas[schema].tables[table]?.rows;
    expect(rows('posts', 'authors')).toBe(rows('auth', 'users'));
  });

  it('restores one schema alone, and leaves the others as they are', async () => {
    await run(there, 'DELETE FROM votes.votes WHERE post_id = 1; DELETE FROM auth.users WHERE id > 10');
    await restoreBackup({
      connection: connectionTo(there),
      directory: directory(),
      manifest: whole,
      schemas: ['auth'],
    });
    const [rows] = await run(
      there,
      'SELECT (SELECT count(*)::int FROM auth.users) AS users, (SELECT count(*)::int FROM votes.votes) AS votes',
    );
    expect(rows).toEqual({ users: 300, votes: 5_980 });
  });

  it('gives no id again that was used before the restore', async () => {
    const [given] = await run(there, `SELECT nextval('auth.users_id_seq')::int AS id`);
    await restoreBackup({
      connection: connectionTo(there),
      directory: directory(),
      manifest: whole,
      schemas: ['auth'],
    });
    const [next] = await run(there, `SELECT nextval('auth.users_id_seq')::int AS id`);
    expect(Number(next?.id)).toBeGreaterThan(Number(given?.id));
  });

  it('is not written over anything', async () => {
    await expect(
      takeBackup({ connection: connectionTo(here), secrets, directory: directory() }),
    ).rejects.toThrow(/is there already and not empty/);
  });

  it('leaves nothing that looks complete when the disk is full', async () => {
    const target = join(folder, 'full');
    const script = `
      import { takeBackup } from '${fileURLToPath(new URL('../dist/backup/take-backup.js', import.meta.url))}';
      import { makeSecrets } from '${fileURLToPath(new URL('../dist/stack/secrets.js', import.meta.url))}';
      await takeBackup({ connection: ${JSON.stringify(connectionTo(here))}, secrets: makeSecrets(), directory: '${target}' });`;
    // No file may get larger than 4 KiB, which writing then fails for as on a full disk.
    const limited = `ulimit -f 8; exec ${process.execPath} --input-type=module -e "$0"`;
    await expect(promisify(execFile)('sh', ['-c', limited, script])).rejects.toThrow(/EFBIG|ENOSPC/);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('incomplete'))).toEqual([]);
  });
});

describe('an incomplete backup', () => {
  const votes = () => join(folder, 'broken', 'votes', 'votes.copy.gz');
  const manifest = () => join(folder, 'broken', 'manifest.json');
  const rewrite = (change: (manifest: Manifest) => void) => {
    const changed = structuredClone(whole);
    change(changed);
    writeFileSync(manifest(), JSON.stringify(changed));
  };

  it.each([
    ['lacks its last file', () => rmSync(manifest()), /no complete backup/],
    ['lacks a table', () => rmSync(votes()), /incomplete: .*votes\.copy\.gz is missing/],
    [
      'ends too early',
      () => writeFileSync(votes(), readFileSync(votes()).subarray(9)),
      /damaged: .* bytes instead of/,
    ],
    [
      'has a wrong byte',
      () =>
        writeFileSync(
          votes(),
          readFileSync(votes()).map((byte, index) => (index === 99 ? byte ^ 1 : byte)),
        ),
      /does not hold what was written to it/,
    ],
    [
      'is cut in its description',
      () => writeFileSync(manifest(), '{"format": 1'),
      /manifest.json is damaged/,
    ],
    ['has another form', () => rewrite((each) => Object.assign(each, { format: 2 })), /its format is 2/],
    [
      'is of an older version',
      () => rewrite(({ schemas }) => schemas.posts.migrations.pop()),
      /another version of Agora/,
    ],
    [
      'is of a newer version',
      () => rewrite(({ schemas }) => schemas.auth.migrations.push('9999-from-the-future')),
      /another version of Agora/,
    ],
  ])('is refused when it %s', async (_how, damage, reason) => {
    const broken = join(folder, 'broken');
    rmSync(broken, { recursive: true, force: true });
    await promisify(execFile)('cp', ['-a', directory(), broken]);
    damage();
    await expect(checkBackup(broken, checkout)).rejects.toThrow(reason);
  });

  it('is refused by the command before it creates, starts or changes anything', async () => {
    await promisify(execFile)('cp', ['-a', directory(), join(folder, 'refused')]);
    rmSync(join(folder, 'refused', 'auth', 'users.copy.gz'));
    const data = join(folder, 'data');
    const ended = await runScript(
      'backup/restore-command',
      ['--from', join(folder, 'refused'), '--yes'],
      data,
    );
    expect(ended).toEqual({
      code: 1,
      output: expect.stringMatching(/incomplete: .*users\.copy\.gz is missing/),
    });
    expect(existsSync(data)).toBe(false);
  });

  it('changes nothing when a table has other rows than the backup says', async () => {
    const changed = structuredClone(whole);
    Object.assign(changed.schemas.votes.tables.votes ?? {}, { rows: 1 });
    const before = await contentOf(here);
    const options = {
      connection: connectionTo(here),
      directory: directory(),
      manifest: changed,
      schemas: services,
    };
    await expect(restoreBackup(options)).rejects.toThrow(
      /votes\.votes got 6000 rows, .* nothing was changed/,
    );
    expect(await contentOf(here)).toEqual(before);
  });
});

/** Runs a command of this folder with a data folder of its own. */
const runScript = (script: string, args: string[], data: string) =>
  promisify(execFile)(
    process.execPath,
    [fileURLToPath(new URL(`../dist/${script}.js`, import.meta.url)), ...args],
    { env: { AGORA_DATA: data } },
  ).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      output: stdout + stderr,
    }),
  );

describe('npm run migrate -- down', () => {
  it('reverts nothing unless a service is named', async () => {
    const data = join(folder, 'data');
    const ended = await runScript('commands/migrate', ['down', '--yes'], data);
    expect(ended).toEqual({ code: 2, output: expect.stringMatching(/of one service: say which/) });
    expect(existsSync(data)).toBe(false);
  });
});
