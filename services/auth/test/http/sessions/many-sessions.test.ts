import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  query,
  shareAgora,
  whileLocked,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

let agora: Agora;
let ask: HttpClient;

beforeAll(async () => {
  agora = await shareAgora(['auth']);
  ask = httpClient(agora.process('auth').url);
});
afterAll(() => agora.stop());

const logIn = async ({ email, password }: Person) =>
  (await ask('POST', '/login', { form: { username: email, password } })).body as Record<string, string>;
const refresh = (token: unknown) => ask('POST', '/refresh', { json: { refresh_token: token } });
const statusOf = async (token: unknown) => (await ask('GET', '/users/me', { token: String(token) })).status;
const sessionsOf = async (token: unknown) =>
  (await ask('GET', '/sessions', { token: String(token) })).body as unknown as { id: string }[];
const countOf = async ({ id }: Person) => {
  const [row] = await query<{ count: number }>(
    'SELECT count(*)::int AS count FROM auth.sessions WHERE user_id = $1',
    [id],
  );
  return row?.count;
};

/** As a release without bounds left them: without numbers, each with a refresh token. */
async function leaveSessions({ id }: Person, count: number): Promise<string> {
  const known = randomUUID();
  await query(
    `WITH left_behind AS (
       INSERT INTO auth.sessions (user_id, last_used_at, expires_at, ip, user_agent)
       SELECT $1, now() - n * interval '1 minute' - interval '3 hours', now() + interval '20 days', '203.0.113.7', 'old'
       FROM generate_series(1, $2) n RETURNING id)
     INSERT INTO auth.refresh_tokens (hash, session_id, expires_at)
     SELECT sha256(convert_to($3 || row_number() OVER (), 'UTF8')), id, now() + interval '10 days' FROM left_behind`,
    [id, count, known],
  );
  return `${known}1`;
}

async function timed(
  work: () => Promise<{ status: number }>,
): Promise<{ status: number; milliseconds: number }> {
  const since = performance.now();
  const { status } = await work();
  return { status, milliseconds: performance.now() - since };
}

describe('an account', () => {
  it('has at most 50 sessions: a further login ends the least recently used one', async () => {
    const ann = await join(ask);
    const [second, third] = [await logIn(ann), await logIn(ann)];
    await query(
      `WITH numbered AS (
         UPDATE auth.users SET last_session_number = 50 WHERE id = $1 RETURNING id)
       INSERT INTO auth.sessions (user_id, number, expires_at, ip, user_agent)
       SELECT id, n, now() + interval '20 days', '203.0.113.7', 'script' FROM numbered, generate_series(4, 50) n`,
      [ann.id],
    );
    // The oldest is used by a refresh, so that the second is the one used least recently.
    const renewed = await refresh(ann.refreshToken);
    const newest = await logIn(ann);
    expect(await sessionsOf(newest.access_token)).toHaveLength(50);
    expect(await statusOf(renewed.body.access_token)).toBe(200);
    expect(await statusOf(second.access_token)).toBe(401);
    expect((await refresh(second.refresh_token)).status).toBe(401);
    expect(await statusOf(third.access_token)).toBe(200);
  });
});

describe('an account with the sessions of a release without bounds', () => {
  it('lists 50 of them, and is trimmed to 50 after a login', async () => {
    const ann = await join(ask);
    const old = await leaveSessions(ann, 1_000);
    expect(await sessionsOf(ann.token)).toHaveLength(50);
    expect((await refresh(old)).status).toBe(200);
    await logIn(ann);
    await eventually(async () => expect(await countOf(ann)).toBe(50), 20_000);
    expect(await statusOf(ann.token)).toBe(200);
  });

  it('can log in while its surplus sessions are being ended', async () => {
    const ann = await join(ask);
    await leaveSessions(ann, 200);
    const { id, email: username, password } = ann;
    const { status } = await whileLocked(
      'SELECT FROM auth.sessions WHERE user_id = $1 FOR UPDATE',
      [id],
      () => ask('POST', '/login', { form: { username, password } }),
    );
    expect(status).toBe(200);
  });

  it.each([
    ['DELETE /sessions', (ann: Person) => ask('DELETE', '/sessions', { token: ann.token }), 401],
    [
      'PUT /users/me/password',
      (ann: Person) =>
        ask('PUT', '/users/me/password', {
          token: ann.token,
          json: { current_password: ann.password, new_password: 'a new password' },
        }),
      200,
    ],
    ['DELETE /users/me', (ann: Person) => ask('DELETE', '/users/me', { token: ann.token }), 401],
  ])(
    'ends 60,000 of them at once by %s, with one event, and erases them later',
    async (_name, end, statusAfter) => {
      const ann = await join(ask);
      const old = await leaveSessions(ann, 60_000);
      const { status, milliseconds } = await timed(() => end(ann));
      expect(status).toBe(204);
      expect(milliseconds).toBeLessThan(2_000);
      expect((await refresh(old)).status).toBe(401);
      expect(await statusOf(ann.token)).toBe(statusAfter);
      const events = await query(
        `SELECT 1 FROM auth.outbox WHERE (envelope->'data'->>'user_id')::int = $1
       AND envelope->>'type' IN ('auth.session-revoked.v1', 'auth.sessions-revoked.v1', 'auth.user-deleted.v1')`,
        [ann.id],
      );
      expect(events).toHaveLength(1);
      await eventually(async () => expect(await countOf(ann)).toBeLessThan(60_000), 10_000);
    },
    60_000,
  );
});

it('erases all ended sessions with their refresh tokens, and no others', async () => {
  const [ann, bob] = [await join(ask), await join(ask)];
  await leaveSessions(ann, 250);
  await ask('DELETE', '/sessions', { token: ann.token });
  const { access_token: again } = await logIn(ann);
  await eventually(async () => expect(await countOf(ann)).toBe(1), 20_000);
  expect([await statusOf(again), await statusOf(bob.token), await countOf(bob)]).toEqual([200, 200, 1]);
  await eventually(async () =>
    expect(await query('SELECT 1 FROM auth.session_erasures WHERE user_id = $1', [ann.id])).toEqual([]),
  );
});
