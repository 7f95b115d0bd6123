import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  httpClient,
  join,
  query,
  shareAgora,
  testSecret,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

describe('users', () => {
  let agora: Agora;
  let ask: HttpClient;
  let internal: HttpClient;
  let ann: Person;
  let bob: Person;

  beforeAll(async () => {
    agora = await shareAgora(['auth']);
    ask = httpClient(agora.process('auth').url);
    internal = httpClient(agora.process('auth').internalUrl);
    [ann, bob] = await Promise.all([join(ask), join(ask)]);
  });
  afterAll(() => agora.stop());

  it('shows a user to everybody who is logged in', async () => {
    const { status, body } = await ask('GET', `/users/${ann.id}`, { token: bob.token });
    expect(status).toBe(200);
    expect(body).toEqual({ id: ann.id, name: `user_${ann.id}`, created_at: expect.any(String) });
  });

  it('shows the caller', async () => {
    expect((await ask('GET', '/users/me/', { token: bob.token })).body).toEqual({
      id: bob.id,
      name: `user_${bob.id}`,
      email: bob.email,
      email_verified: false,
      role: 'user',
      totp: false,
      created_at: expect.any(String),
    });
  });

  it.each(['/users/1', '/users/me'])('asks for a token at %s', async (path) => {
    expect((await ask('GET', path)).status).toBe(401);
  });

  it('answers 404 for a missing user and 422 for an invalid id', async () => {
    const missing = await ask('GET', '/users/2147483647', { token: ann.token });
    expect([missing.status, missing.body.code]).toEqual([404, 'user_not_found']);
    for (const id of ['0', 'abc', '2147483648', '1.5']) {
      expect((await ask('GET', `/users/${id}`, { token: ann.token })).status).toBe(422);
    }
  });

  it('shows a user to other services on the internal port only', async () => {
    const path = `/internal/users/${ann.id}`;
    const known = { id: ann.id, name: `user_${ann.id}`, version: 1 };
    expect((await internal('GET', path, { token: testSecret })).body).toMatchObject(known);
    const listed = await internal('GET', `/internal/users?ids=${ann.id}`, { token: testSecret });
    expect(listed.body).toMatchObject([known]);
    for (const token of [undefined, ann.token, `${testSecret}x`]) {
      const { status, body } = await internal('GET', path, { ...(token && { token }) });
      expect([status, body.code]).toEqual([401, 'service_unknown']);
    }
    expect((await ask('GET', path, { token: ann.token })).status).toBe(404);
  });

  it('deletes the account and its sessions, frees the address and gives its id to nobody else', async () => {
    const gone = await join(ask);
    expect((await ask('DELETE', '/users/me', { token: gone.token })).status).toBe(204);
    expect((await ask('GET', '/users/me', { token: gone.token })).status).toBe(401);
    expect((await ask('DELETE', '/users/me', { token: gone.token })).status).toBe(401);
    expect((await ask('GET', `/users/${gone.id}`, { token: ann.token })).status).toBe(404);
    expect(
      (await ask('POST', '/login', { form: { username: gone.email, password: gone.password } })).status,
    ).toBe(403);
    expect(await query('SELECT 1 FROM auth.sessions WHERE user_id = $1', [gone.id])).toEqual([]);
    const again = await ask('POST', '/users', { json: { email: gone.email, password: gone.password } });
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(gone.id);
  });

  it('publishes the deletion once', async () => {
    const gone = await join(ask);
    await Promise.all(Array.from({ length: 5 }, () => ask('DELETE', '/users/me', { token: gone.token })));
    const events = await query(
      `SELECT 1 FROM auth.outbox WHERE envelope->>'type' = 'auth.user-deleted.v1' AND (envelope->'data'->>'user_id')::int = $1`,
      [gone.id],
    );
    expect(events).toHaveLength(1);
  });
});
