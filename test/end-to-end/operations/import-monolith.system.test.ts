import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userDeleted } from '@agora/contracts';
import jwt from 'jsonwebtoken';
import {
  eventually,
  forgetStreams,
  httpClient,
  openCourier,
  openFaultProxy,
  startAgora,
  type Agora,
  type HttpClient,
} from '@agora/testing';
import { startMigration, type Migration } from './old-application.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const script = `${repository}tools/local-stack/dist/commands/import-monolith.js`;
const command = [script, '--yes'];
// Of the password "correct horse", as passlib made them.
const bcryptHash = '$2b$12$IDYjouKS/zrmHFfnTocNuecx9Cp2/ZklnZhhU8mYt1dvyfmCIUadW';
const argon2Hash =
  '$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$L1b1NjppUoj/KIEORq1pof4waLxklM0mqKZzt9nCsKI';

let migration: Migration;

beforeAll(async () => {
  await forgetStreams();
  migration = await startMigration();
  await migration.old(
    `INSERT INTO users (id, email, password, created_at) VALUES
       (3, 'Ada@Example.test', $1, '2023-04-05 06:07:08.123456+00'), (7, ' bob@example.test ', $2, DEFAULT)`,
    [bcryptHash, argon2Hash],
  );
  await migration.old(
    `INSERT INTO users (id, email, password) SELECT id, 'user' || id || '@example.test', $1 FROM generate_series(11, 2500) AS id`,
    [bcryptHash],
  );
  await migration.old(
    `INSERT INTO posts (id, title, content, published, owner_id, created_at) VALUES
       (2, 'Of long ago', E'two\\nlines \\\\ and ''quotes''', true, 3, '2023-04-05 06:07:08.123456+00'), (5, 'A draft', 'Not yet', false, 3, DEFAULT),
       (9, 'Too long', repeat('é', 20001), true, 7, DEFAULT)`,
  );
  await migration.old(
    `INSERT INTO posts (id, title, content, owner_id)
     SELECT id, 'Post ' || id, 'Text', 11 + id % 2000 FROM generate_series(20, 1300) AS id`,
  );
  await migration.old(
    `INSERT INTO votes (user_id, post_id) SELECT users.id, posts.id FROM users, posts
     WHERE posts.id = 2 OR (users.id * 7 + posts.id) % 200 = 0`,
  );
}, 120_000);
afterAll(async () => {
  await migration.end();
  await forgetStreams();
});

/** Runs a command to its end, or to where `meanwhile` asks it to stop. */
async function run(
  args = command,
  environment: Record<string, string> = {},
  meanwhile?: (stop: () => void, said: () => string) => Promise<void>,
) {
  const child = spawn(process.execPath, args, {
    env: { ...migration.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await meanwhile?.(
    () => child.kill('SIGTERM'),
    () => output,
  );
  return { code: await ended, output };
}

const rowsOf = async (table: string) =>
  Number((await migration.agora(`SELECT count(*) AS rows FROM ${table}`))[0]?.rows);
const inTheOld = async (table: string) =>
  Number((await migration.old(`SELECT count(*) AS rows FROM ${table}`))[0]?.rows);

describe('npm run import-monolith', () => {
  it('reports all obstacles, only by ids, and writes nothing', async () => {
    await migration.old(
      `INSERT INTO users (id, email, password) VALUES (2501, 'ADA@example.test', $1), (2502, 'no address', $1), (2503, 'eve@example.test', 'plain'), (-1, 'minus@example.test', $1)`,
      [bcryptHash],
    );
    const { code, output } = await run();
    await migration.old('DELETE FROM users WHERE id > 2500 OR id < 0');
    expect(code).toBe(1);
    expect(output).toMatch(/✗ 1 users with the same e-mail address except for case and spaces; .*: 2501$/m);
    expect(output).toMatch(
      /✗ 1 users without a usable e-mail address; put it right there first, or .*: 2502$/m,
    );
    expect(output).toMatch(/✗ 1 users whose id is not above 0; .*: -1$/m);
    expect(output).toMatch(/✗ 1 users whose password is neither a bcrypt nor an argon2 hash; .*: 2503$/m);
    expect(output).toMatch(/! 1 posts with an empty or longer title .*; they are kept as they are: 9$/m);
    expect(output).toContain('Nothing was copied.');
    expect(output).not.toContain('@example.test');
    expect(await rowsOf('auth.users')).toBe(0);
  });

  it('says what it would do, and asks for confirmation', async () => {
    const dry = await run([script, '--dry-run']);
    expect([dry.code, dry.output]).toEqual([0, expect.stringContaining('Nothing was copied (--dry-run).')]);
    const unasked = await run([script]);
    expect([unasked.code, unasked.output]).toEqual([1, expect.stringContaining('say --yes')]);
    expect(await rowsOf('auth.users')).toBe(0);
  });

  it('continues where it was interrupted, and compares counts at the end', async () => {
    await migration.agora('BEGIN');
    await migration.agora('LOCK TABLE votes.votes IN EXCLUSIVE MODE');
    const interrupted = await run(command, {}, (stop) =>
      eventually(async () => {
        const begun = await migration.agora("SELECT 1 FROM votes.imports WHERE step = 'votes'");
        expect(begun).toHaveLength(1);
        stop();
      }, 30_000),
    );
    await migration.agora('ROLLBACK');
    expect(interrupted).toMatchObject({ code: 130 });
    expect(interrupted.output).toContain('votes: interrupted; the same command goes on from here');
    expect(await rowsOf('auth.users')).toBe(await inTheOld('users'));
    expect(await rowsOf('votes.votes')).toBe(0);

    const { code, output } = await run();
    expect([code, output]).toEqual([
      0,
      expect.stringContaining('Everything is copied, and the counts agree.'),
    ]);
    expect(output).toContain('auth: was imported at');
    const votes = await inTheOld('votes');
    expect(output).toContain(`✓ votes          ${votes} there, ${votes} here`);
    expect(await rowsOf('votes.votes')).toBe(votes);
  }, 60_000);

  it('continues by itself once a table is unlocked and a connection is back', async () => {
    const other = await startMigration();
    await other.old(
      `INSERT INTO users (id, email, password) VALUES (1, 'ada@example.test', '${bcryptHash}')`,
    );
    await other.old(`INSERT INTO posts (id, title, content, owner_id) VALUES (1, 'a', 'b', 1)`);
    await other.old('INSERT INTO votes (user_id, post_id) VALUES (1, 1)');
    const { DATABASE_PORT: port, MONOLITH_URL: url = '' } = other.environment;
    const proxy = await openFaultProxy(Number(port));
    const environment = {
      ...other.environment,
      DATABASE_PORT: String(proxy.port),
      MONOLITH_URL: url.replace(`:${port}/`, `:${proxy.port}/`),
    };
    // Of two at once one stops, or finds all done, and nothing is written twice.
    const posts = [`${repository}services/posts/dist/operate.js`, 'import', 'copy'];
    const asPosts = {
      DATABASE_USER: 'posts_app',
      DATABASE_PASSWORD: String(other.environment.POSTS_APP_PASSWORD),
    };
    const both = await Promise.all([1, 2].map(() => run(posts, { ...environment, ...asPosts })));
    expect(Math.min(...both.map((each) => Number(each.code)))).toBe(0);
    await other.agora('BEGIN');
    await other.agora('LOCK TABLE votes.votes IN EXCLUSIVE MODE');
    const { code, output } = await run(command, environment, async (_stop, said) => {
      const tries = () => said().split('trying again').length - 1;
      await eventually(() => expect(tries()).toBe(1), 60_000);
      // Both servers are down now.
      proxy.refuse();
      await other.agora('ROLLBACK');
      const before = tries();
      await eventually(() => expect(tries()).toBeGreaterThan(before + 1), 60_000);
      proxy.heal();
    });
    await proxy.stop();
    const [row] = await other.agora(
      'SELECT (SELECT count(*)::int FROM votes.votes) AS votes, (SELECT sum(votes)::int FROM posts.posts) AS counted',
    );
    await other.end();
    expect([code, row]).toEqual([0, { votes: 1, counted: 1 }]);
    expect(output).toMatch(/votes +\d+ rows a second/);
  }, 120_000);

  it('leaves out odd rows with everything that belongs to them, and reports which values it changes', async () => {
    const other = await startMigration();
    await other.old(
      `ALTER TABLE posts ALTER published DROP NOT NULL; ALTER TABLE posts ALTER created_at DROP NOT NULL`,
    );
    await other.old(
      `INSERT INTO users (id, email, password, created_at) VALUES
         (-1, 'minus@example.test', '${bcryptHash}', now()), (1, 'ada@example.test', '${bcryptHash}', '-infinity'),
         (2, 'ärger@example.test', '${bcryptHash}', now()), (3, 'bob@example.test', '${bcryptHash}', 'infinity')`,
    );
    await other.old(
      `INSERT INTO posts (id, title, content, owner_id, published, created_at) VALUES
         (1, 'a', 'b', 1, NULL, NULL), (2, 'a', 'b', 2, true, now()), (3, 'a', 'b', 3, true, now())`,
    );
    await other.old('INSERT INTO votes (user_id, post_id) SELECT users.id, posts.id FROM users, posts');
    const file = join(tmpdir(), `odd-${randomUUID()}.json`);
    const { code, output } = await run([...command, '--skip-odd', file], other.environment);
    const odd = JSON.parse(readFileSync(file, 'utf8')) as object;
    const times = await other.agora('SELECT id, created_at::text AS at FROM auth.users ORDER BY id');
    const posts = await other.agora('SELECT id, published, votes FROM posts.posts ORDER BY id');
    await other.end();
    rmSync(file);
    expect([code, odd]).toEqual([0, { users: [-1, 2], posts: [2] }]);
    expect(output).toMatch(/! 1 users without a usable e-mail address; left out: 2$/m);
    expect(output).toMatch(/! 1 posts that do not say whether they are published; they become drafts.*: 1$/m);
    expect(output).toMatch(/! 2 users with a time of registration that cannot be kept; .*: 1, 3$/m);
    expect(times).toEqual([
      { id: 1, at: expect.stringMatching(/^0001-01-01/) },
      { id: 3, at: expect.stringMatching(/^9999-12-31/) },
    ]);
    expect(posts).toEqual([
      { id: 1, published: false, votes: 2 },
      { id: 3, published: true, votes: 2 },
    ]);
  }, 60_000);

  it('refuses to do it twice', async () => {
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('The old application was imported before; nothing was copied.');
  });

  it('refuses an Agora that is in use', async () => {
    await migration.agora(
      'BEGIN; CREATE TABLE auth.aside AS TABLE auth.imports; DELETE FROM auth.imports; COMMIT',
    );
    const { code, output } = await run([`${repository}services/auth/dist/operate.js`, 'import', 'check'], {
      DATABASE_USER: 'auth_app',
      DATABASE_PASSWORD: String(migration.environment.AUTH_APP_PASSWORD),
    });
    await migration.agora('INSERT INTO auth.imports TABLE auth.aside; DROP TABLE auth.aside');
    expect(code).toBe(1);
    expect(output).toContain('the table users holds rows that no import wrote');
  });
});

const names = ['auth', 'posts', 'votes', 'gateway'] as const;
const legacy = {
  LEGACY_SECRET_KEY: 'abcdef0123456789abcdef0123456789',
  LEGACY_TOKENS_UNTIL: new Date(Date.now() + 86_400_000).toISOString(),
};

describe('an Agora that was filled from the old application', () => {
  let agora: Agora;
  let ask: HttpClient;
  const logIn = async (username: string) => {
    const { status, body } = await ask('POST', '/login', { form: { username, password: 'correct horse' } });
    expect(status).toBe(200);
    return String(body.access_token);
  };

  beforeAll(async () => {
    agora = await startAgora(names, {
      algorithm: 'ES256',
      environment: { DATABASE_NAME: migration.name, ...legacy },
    });
    ask = httpClient(agora.process('gateway').url);
  }, 30_000);
  afterAll(() => agora.stop());

  it('knows its people, posts and votes', async () => {
    const token = await logIn('ada@example.test');
    const { body: me } = await ask('GET', '/users/me', { token });
    const ada = { id: 3, name: 'user_3', created_at: '2023-04-05T06:07:08.123Z' };
    expect(me).toMatchObject({ ...ada, email: 'ada@example.test', role: 'user' });
    const { body: post } = await ask('GET', '/posts/2', { token });
    expect(post).toMatchObject({
      title: 'Of long ago',
      content: "two\nlines \\ and 'quotes'",
      owner: ada,
      votes: await inTheOld('users'),
      created_at: '2023-04-05T06:07:08.123Z',
    });
    const vote = { token, json: { post_id: 2, dir: 1 } };
    expect((await ask('POST', '/vote', vote)).body).toMatchObject({ code: 'vote_exists' });
    expect((await ask('POST', '/vote', { token, json: { post_id: 2, dir: 0 } })).status).toBe(201);
    await eventually(async () =>
      expect((await ask('GET', '/posts/2', { token })).body.votes).toBe((await inTheOld('users')) - 1),
    );
  });

  it('shows drafts only to their owners, and keeps overlong content', async () => {
    const token = await logIn('bob@example.test');
    expect((await ask('GET', '/posts/5', { token })).status).toBe(404);
    expect((await ask('POST', '/vote', { token, json: { post_id: 5, dir: 1 } })).status).toBe(404);
    expect(String((await ask('GET', '/posts/9', { token })).body.content)).toHaveLength(20_001);
  });

  it('gives new ids after the old ones', async () => {
    const json = { email: 'new@example.test', password: 'correct horse' };
    expect((await ask('POST', '/users', { json })).body.id).toBeGreaterThan(2500);
    const token = await logIn('ada@example.test');
    const post = await ask('POST', '/posts', { token, json: { title: 'New', content: 'New' } });
    expect(post.body.id).toBe(1301);
  });

  describe('with a token of the old application', () => {
    const { LEGACY_SECRET_KEY: key } = legacy;
    const tokenOf = (userId: number) =>
      jwt.sign({ user_id: userId, exp: Math.floor(Date.now() / 1000) + 3_600 }, key, { noTimestamp: true });
    const doors = { gateway: '/posts', auth: '/sessions', posts: '/posts', votes: '/vote?post_ids=2' };
    const refusedEverywhere = (token: string) =>
      eventually(async () => {
        for (const name of names)
          expect((await httpClient(agora.process(name).url)('GET', doors[name], { token })).status).toBe(401);
      }, 2_000);

    it('serves its user', async () => {
      const token = tokenOf(100);
      expect((await ask('GET', '/users/me', { token })).body.email).toBe('user100@example.test');
      expect((await ask('GET', '/posts', { token })).status).toBe(200);
      expect((await ask('POST', '/vote', { token, json: { post_id: 2, dir: 0 } })).status).toBe(201);
    });

    it('lists the existing sessions, without being one of them', async () => {
      await logIn('user101@example.test');
      const { body } = await ask('GET', '/sessions', { token: tokenOf(101) });
      expect(body).toEqual([expect.objectContaining({ current: false })]);
    });

    it('ends all such tokens at the logout, but no session', async () => {
      const session = await logIn('user102@example.test');
      expect((await ask('POST', '/logout', { token: tokenOf(102) })).status).toBe(204);
      await refusedEverywhere(tokenOf(102));
      expect((await ask('GET', '/users/me', { token: session })).status).toBe(200);
    });

    it('ends such tokens when all other sessions are ended', async () => {
      const token = await logIn('user103@example.test');
      const json = { current_password: 'correct horse', new_password: 'a new password' };
      expect((await ask('PUT', '/users/me/password', { token, json })).status).toBe(204);
      await refusedEverywhere(tokenOf(103));
    });

    it('refuses tokens of a deleted user, however long ago, even after a restart', async () => {
      expect((await ask('DELETE', '/users/me', { token: tokenOf(104) })).status).toBe(204);
      await refusedEverywhere(tokenOf(104));
      const courier = await openCourier();
      const time = new Date(Date.now() - 86_400_000).toISOString();
      const envelope = { specversion: '1.0', id: randomUUID(), source: 'agora/test', type: userDeleted.type };
      const content = { time, datacontenttype: 'application/json', data: { user_id: 105 } };
      await courier.deliverRaw(userDeleted.type, JSON.stringify({ ...envelope, ...content }));
      await courier.close();
      await refusedEverywhere(tokenOf(105));
      await agora.process('gateway').end('SIGKILL');
      await agora.process('gateway').restart();
      for (const id of [102, 104, 105])
        expect((await ask('GET', '/posts', { token: tokenOf(id) })).status).toBe(401);
    });
  });

  it('has the right votes for every post', async () => {
    const wrong = () =>
      migration.agora(
        `SELECT posts.id FROM posts.posts LEFT JOIN votes.votes ON post_id = posts.id
       GROUP BY posts.id HAVING posts.votes <> count(user_id)`,
      );
    await eventually(async () => expect(await wrong()).toEqual([]));
  });
});
