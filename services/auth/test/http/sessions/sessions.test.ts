import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  httpClient,
  join,
  query,
  shareAgora,
  statusesOf,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

interface Tokens {
  access_token: string;
  refresh_token: string;
}

interface SessionView {
  id: string;
  current: boolean;
}

let agora: Agora;
let ask: HttpClient;

beforeAll(async () => {
  agora = await shareAgora(['auth']);
  ask = httpClient(agora.process('auth').url);
});
afterAll(() => agora.stop());

const logIn = async ({ email, password }: Person, headers: Record<string, string> = {}): Promise<Tokens> => {
  const { status, body } = await ask('POST', '/login', { form: { username: email, password }, headers });
  expect(status).toBe(200);
  return body as unknown as Tokens;
};
const refresh = (refreshToken: string) => ask('POST', '/refresh', { json: { refresh_token: refreshToken } });
const statusOf = async (token: string) => (await ask('GET', '/users/me', { token })).status;
const sessionsOf = async (token: string) =>
  (await ask('GET', '/sessions', { token })).body as unknown as SessionView[];
const revokedOf = (userId: number) =>
  query<{ id: string }>(
    `SELECT envelope->'data'->>'session_id' AS id FROM auth.outbox
     WHERE envelope->>'type' = 'auth.session-revoked.v1' AND (envelope->'data'->>'user_id')::int = $1`,
    [userId],
  );

const allRevokedOf = (userId: number) =>
  query(
    `SELECT (envelope->'data'->>'up_to')::int AS up_to FROM auth.outbox
     WHERE envelope->>'type' = 'auth.sessions-revoked.v1' AND (envelope->'data'->>'user_id')::int = $1`,
    [userId],
  );

describe('POST /refresh', () => {
  it.each(['json', 'form'] as const)('answers %s with new tokens of the same session', async (kind) => {
    const ann = await join(ask);
    const first = await logIn(ann);
    const { status, headers, body } = await ask('POST', '/refresh', {
      [kind]: { refresh_token: first.refresh_token },
    });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(body.refresh_token).not.toBe(first.refresh_token);
    const [before, after] = [first.access_token, String(body.access_token)].map(sessionIdOf);
    expect(after).toBe(before);
    expect((await refresh(String(body.refresh_token))).status).toBe(200);
  });

  it('ends the whole session, including its access tokens, when a token is used again', async () => {
    const ann = await join(ask);
    const other = await logIn(ann);
    const first = await logIn(ann);
    const second = (await refresh(first.refresh_token)).body as unknown as Tokens;
    const reused = await refresh(first.refresh_token);
    expect([reused.status, reused.body.code]).toEqual([401, 'invalid_refresh_token']);
    expect((await refresh(second.refresh_token)).status).toBe(401);
    expect(await statusOf(second.access_token)).toBe(401);
    expect(await statusOf(first.access_token)).toBe(401);
    expect(await statusOf(other.access_token)).toBe(200);
    expect(await revokedOf(ann.id)).toEqual([{ id: sessionIdOf(first.access_token) }]);
    expect(agora.process('auth').log()).toContain('"event":"refresh_token_reused"');
  });

  it('gives one of ten concurrent requests the next token, and treats the others as theft', async () => {
    const { refresh_token: token } = await logIn(await join(ask));
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(token)));
    expect(statusesOf(answers)).toEqual([200, ...Array<number>(9).fill(401)]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await refresh(String(winner?.body.refresh_token))).status).toBe(401);
  });

  it.each(['', 'x', randomUUID(), 'x'.repeat(512)])('refuses %j', async (token) => {
    const { status, body } = await refresh(token);
    expect([status, body.code]).toEqual(
      token === '' ? [422, 'validation_failed'] : [401, 'invalid_refresh_token'],
    );
  });

  it('accepts neither an access token as a refresh token nor the reverse', async () => {
    const tokens = await logIn(await join(ask));
    expect((await refresh(tokens.access_token)).status).toBe(401);
    expect(await statusOf(tokens.refresh_token)).toBe(401);
  });

  it.each(['refresh_tokens', 'sessions'])('refuses a token that has expired in %s', async (table) => {
    const tokens = await logIn(await join(ask));
    const column = table === 'sessions' ? 'id' : 'session_id';
    await query(`UPDATE auth.${table} SET expires_at = now() WHERE ${column} = $1`, [
      sessionIdOf(tokens.access_token),
    ]);
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
  });

  it('refuses the tokens of a deleted user', async () => {
    const tokens = await logIn(await join(ask));
    await ask('DELETE', '/users/me', { token: tokens.access_token });
    expect((await refresh(tokens.refresh_token)).body.code).toBe('invalid_refresh_token');
  });
});

describe('sessions', () => {
  it('are listed with their origin, the current one marked', async () => {
    const ann = await join(ask);
    const { access_token: token } = await logIn(ann, {
      'User-Agent': 'Tester/1.0',
      'X-Forwarded-For': '203.0.113.7',
    });
    const [newest, oldest] = await sessionsOf(token);
    expect(newest).toEqual({
      id: sessionIdOf(token),
      created_at: expect.stringMatching(/Z$/),
      last_used_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
      ip: '203.0.113.7',
      user_agent: 'Tester/1.0',
      current: true,
    });
    expect(oldest).toMatchObject({ id: sessionIdOf(ann.token), current: false });
  });

  it('end one by one at the request of another session', async () => {
    const ann = await join(ask);
    const other = await logIn(ann);
    const { status } = await ask('DELETE', `/sessions/${sessionIdOf(other.access_token)}`, {
      token: ann.token,
    });
    expect(status).toBe(204);
    expect(await statusOf(other.access_token)).toBe(401);
    expect((await refresh(other.refresh_token)).status).toBe(401);
    expect(await sessionsOf(ann.token)).toHaveLength(1);
  });

  it('are 404 for other users, like missing ones', async () => {
    const [ann, bob] = [await join(ask), await join(ask)];
    for (const id of [sessionIdOf(ann.token), randomUUID(), '1', 'x']) {
      const { status, body } = await ask('DELETE', `/sessions/${id}`, { token: bob.token });
      expect([status, body.code]).toEqual([404, 'session_not_found']);
    }
    expect(await statusOf(ann.token)).toBe(200);
  });

  it('end all at once', async () => {
    const ann = await join(ask);
    const other = await logIn(ann);
    expect((await ask('DELETE', '/sessions', { token: other.access_token })).status).toBe(204);
    expect([await statusOf(ann.token), await statusOf(other.access_token)]).toEqual([401, 401]);
    expect(await allRevokedOf(ann.id)).toEqual([{ up_to: 2 }]);
  });

  it('end one at a time by logging out', async () => {
    const ann = await join(ask);
    const other = await logIn(ann);
    expect((await ask('POST', '/logout', { token: other.access_token })).status).toBe(204);
    expect([await statusOf(ann.token), await statusOf(other.access_token)]).toEqual([200, 401]);
    expect((await refresh(other.refresh_token)).status).toBe(401);
  });
});

describe('PUT /users/me/password', () => {
  const change = (token: string, current: unknown, next: unknown) =>
    ask('PUT', '/users/me/password', { token, json: { current_password: current, new_password: next } });

  it('changes the password and ends every other session', async () => {
    const ann = await join(ask);
    const other = await logIn(ann);
    expect((await change(ann.token, ann.password, 'a new password')).status).toBe(204);
    expect([await statusOf(ann.token), await statusOf(other.access_token)]).toEqual([200, 401]);
    expect((await refresh(other.refresh_token)).status).toBe(401);
    const old = await ask('POST', '/login', { form: { username: ann.email, password: ann.password } });
    expect(old.status).toBe(403);
    await logIn({ ...ann, password: 'a new password' });
  });

  it('refuses a wrong current password, and changes nothing', async () => {
    const ann = await join(ask);
    const { status, body } = await change(ann.token, 'wrong password', 'a new password');
    expect([status, body.code]).toEqual([403, 'invalid_credentials']);
    await logIn(ann);
  });

  it.each([
    ['right', 'short', ['new_password']],
    [undefined, undefined, ['current_password', 'new_password']],
    ['right', 'x'.repeat(73), ['new_password']],
  ])('refuses %j and %j', async (current, next, fields) => {
    const ann = await join(ask);
    const { status, body } = await change(ann.token, current === 'right' ? ann.password : current, next);
    expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, fields]);
  });

  it('limits guesses of the current password', async () => {
    const ann = await join(ask);
    const statuses: number[] = [];
    for (let guess = 0; guess < 11; guess += 1) {
      statuses.push((await change(ann.token, `wrong password ${guess}`, 'a new password')).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(403), 429]);
  });

  it('lets one of two concurrent changes win', async () => {
    const ann = await join(ask);
    const answers = await Promise.all(
      ['first new one', 'second new one'].map((next) => change(ann.token, ann.password, next)),
    );
    expect(statusesOf(answers)).toEqual([204, 403]);
  });
});

const sessionIdOf = (accessToken: string): string => {
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: string;
  };
  return claims.sid;
};
