import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connectDatabase } from '@agora/database';
import { currentStack, query } from '@agora/testing';
import { deleteExpiredSessions, deleteUsedRefreshTokens } from '../../src/sessions/purge-sessions.js';

let database: ReturnType<typeof connectDatabase>;

beforeAll(() => {
  const { postgres, databasePasswords, worker } = currentStack();
  const settings = {
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: postgres.port,
    DATABASE_NAME: worker.database,
    DATABASE_USER: 'auth_app',
    DATABASE_PASSWORD: databasePasswords.auth.app,
    DATABASE_POOL_MAX: 2,
  };
  database = connectDatabase(settings, 'test', []);
});
afterAll(() => database.close());

/** Sessions of an account, and a refresh token of each; the intervals say when from now. */
async function leave(count: number, { expires, used }: { expires: string; used?: string }): Promise<string> {
  const device = randomUUID();
  await query(
    `WITH account AS (
       INSERT INTO auth.users (email, password_hash) VALUES ($1 || '@example.test', '') RETURNING id
     ), opened AS (
       INSERT INTO auth.sessions (user_id, expires_at, ip, user_agent)
       SELECT id, now() + $2::interval, '', $1 FROM account, generate_series(1, $3::int) RETURNING id)
     INSERT INTO auth.refresh_tokens (hash, session_id, expires_at, used_at)
     SELECT uuid_send(gen_random_uuid()), id, now(), now() + $4::interval FROM opened`,
    [device, expires, count, used ?? null],
  );
  return device;
}

async function whatIsLeftOf(device: string): Promise<{ sessions: number; tokens: number } | undefined> {
  const [left] = await query<{ sessions: number; tokens: number }>(
    `SELECT count(DISTINCT sessions.id)::int AS sessions, count(hash)::int AS tokens
     FROM auth.sessions LEFT JOIN auth.refresh_tokens ON session_id = sessions.id WHERE user_agent = $1`,
    [device],
  );
  return left;
}

const untilDone = async (step: () => Promise<void | 'more'>): Promise<void> => {
  while ((await step()) === 'more');
};

it('deletes refresh tokens that were used more than 14 days ago, in batches, and no others', async () => {
  const old = await leave(1_100, { expires: '1 day', used: '-15 days' });
  const recent = await leave(3, { expires: '1 day', used: '-13 days' });
  const unused = await leave(3, { expires: '1 day' });
  expect(await deleteUsedRefreshTokens()).toBe('more');
  await untilDone(deleteUsedRefreshTokens);
  expect(await whatIsLeftOf(old)).toEqual({ sessions: 1_100, tokens: 0 });
  expect(await whatIsLeftOf(recent)).toEqual({ sessions: 3, tokens: 3 });
  expect(await whatIsLeftOf(unused)).toEqual({ sessions: 3, tokens: 3 });
});

it('deletes sessions that have expired, with their refresh tokens, and no others', async () => {
  const expired = await leave(300, { expires: '-1 second' });
  const current = await leave(3, { expires: '1 day' });
  expect(await deleteExpiredSessions()).toBe('more');
  await untilDone(deleteExpiredSessions);
  expect(await whatIsLeftOf(expired)).toEqual({ sessions: 0, tokens: 0 });
  expect(await whatIsLeftOf(current)).toEqual({ sessions: 3, tokens: 3 });
});
