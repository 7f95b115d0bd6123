import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  query,
  shareAgora,
  statusesOf,
  testSecret,
  tokenFor,
  type Agora,
  type HttpClient,
} from '@agora/testing';

const address = () => `${randomUUID()}@example.test`;
const password = 'correct horse';

describe('POST /users', () => {
  let agora: Agora;
  let ask: HttpClient;
  const register = (json: unknown) => ask('POST', '/users', { json });

  beforeAll(async () => {
    agora = await shareAgora(['auth']);
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(() => agora.stop());

  it('reports when all ids are in use', async () => {
    const [row] = await query<{ last: number }>('SELECT last_value::int AS last FROM auth.users_id_seq');
    await query("SELECT setval('auth.users_id_seq', 2147483647)");
    try {
      expect(await register({ email: address(), password })).toMatchObject({
        status: 503,
        body: { code: 'unavailable', detail: 'No more accounts can be created: all ids are in use.' },
      });
    } finally {
      await query("SELECT setval('auth.users_id_seq', $1)", [row?.last]);
    }
  });

  it('creates an account', async () => {
    const email = address();
    const { status, headers, body } = await register({ email, password });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/users/${String(body.id)}`);
    expect(body).toEqual({
      id: expect.any(Number),
      name: `user_${String(body.id)}`,
      email,
      email_verified: false,
      role: 'user',
      totp: false,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('keeps the password only as a bcrypt hash', async () => {
    const { body } = await register({ email: address(), password });
    const [row] = await query<{ password_hash: string }>(
      'SELECT password_hash FROM auth.users WHERE id = $1',
      [body.id],
    );
    expect(row?.password_hash).toMatch(/^\$2b\$10\$/);
  });

  it('publishes the registration', async () => {
    const { body } = await register({ email: address(), password });
    const [row] = await query<{ data: unknown }>(
      `SELECT envelope->'data' AS data FROM auth.outbox
       WHERE envelope->>'type' = 'auth.user-registered.v1' AND (envelope->'data'->>'user_id')::int = $1`,
      [body.id],
    );
    expect(row?.data).toMatchObject({
      user_id: body.id,
      account_key: expect.any(String),
      name: body.name,
      created_at: body.created_at,
    });
  });

  it('trims the address and folds its case', async () => {
    const email = address();
    expect((await register({ email: `  ${email.toUpperCase()} `, password })).body.email).toBe(email);
    const again = await register({ email, password });
    expect([again.status, again.body.code]).toEqual([409, 'email_taken']);
  });

  it('creates one account for four concurrent registrations of an address', async () => {
    const email = address();
    // On a busy machine one may be told to try again shortly, as passwords take time.
    const registered = () =>
      eventually(async () => {
        const answer = await register({ email, password });
        expect(answer.status).not.toBe(503);
        return answer;
      });
    const answers = await Promise.all(Array.from({ length: 4 }, registered));
    expect(statusesOf(answers)).toEqual([201, 409, 409, 409]);
  });

  it('ignores all other fields', async () => {
    const { body } = await register({
      email: address(),
      password,
      id: 1,
      created_at: '2001-01-01T00:00:00Z',
      role: 'admin',
    });
    expect(body.id).not.toBe(1);
    expect(body.created_at).not.toMatch(/^2001/);
    expect(body.role).toBe('user');
  });

  it('lists every bad field', async () => {
    const { status, body } = await register({ email: 'nobody', password: 7 });
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors?.map(({ field }) => field)).toEqual(['email', 'password']);
  });

  it.each([
    'plain',
    '@example.test',
    'a@',
    'a@b@example.test',
    'a b@example.test',
    '"quoted"@example.test',
    'a\u0000@example.test',
    '\u212Aelvin@example.test',
    '\u017F@example.test',
    'ä@example.test',
    `${'a'.repeat(65)}@example.test`,
    `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}.test`,
    '',
    null,
    ['a@example.test'],
  ])('refuses %j as an address', async (email) => {
    const { status, body } = await register({ email, password });
    expect([status, body.errors?.[0]?.field]).toEqual([422, 'email']);
  });

  it.each(['seven77', 'x'.repeat(73), 'ü'.repeat(37), 'nul\0nul\0nul', 'lone\ud800surrogate', ''])(
    'refuses the password %j',
    async (bad) => {
      const { status, body } = await register({ email: address(), password: bad });
      expect([status, body.errors?.[0]?.field]).toEqual([422, 'password']);
    },
  );

  it('accepts a password of 72 bytes', async () => {
    expect((await register({ email: address(), password: '😀'.repeat(18) })).status).toBe(201);
  });

  describe('once the database has lost its newest accounts in a failover or a restore', () => {
    const idOf = async () => Number((await register({ email: address(), password })).body.id);
    const highest = async (seen = 0) => {
      const internal = httpClient(agora.process('auth').internalUrl);
      const { body } = await internal('GET', `/internal/users/highest?seen=${seen}`, { token: testSecret });
      return Number(body.highest);
    };
    const lose = async (ids: number[]) => {
      await query('DELETE FROM auth.users WHERE id = ANY($1)', [ids]);
      await query(`SELECT setval('auth.users_id_seq', $1, false)`, [Math.min(...ids)]);
    };

    it('gives none of their ids again while it runs', async () => {
      const lost = [await idOf(), await idOf()];
      await eventually(async () => expect(await highest()).toBeGreaterThanOrEqual(Math.max(...lost)));
      await lose(lost);
      const next = await Promise.all([idOf(), idOf(), idOf()]);
      expect(Math.min(...next)).toBeGreaterThan(Math.max(...lost));
      expect(new Set(next).size).toBe(3);
    });

    it("refuses the tokens of a lost account, also once its id is another account's", async () => {
      const id = await idOf();
      const [row] = await query<{ key: string }>('SELECT account_key AS key FROM auth.users WHERE id = $1', [
        id,
      ]);
      const own = tokenFor(id, { account_key: String(row?.key) });
      const lost = tokenFor(id, { account_key: randomUUID() });
      const status = async (token: string, method = 'GET', path = '/users/me') =>
        (await ask(method, path, { token })).status;
      expect([await status(own), await status(lost)]).toEqual([200, 401]);
      expect(await status(lost, 'DELETE')).toBe(401);
      expect(await status(lost, 'GET', '/sessions')).toBe(401);
      expect(await status(own)).toBe(200);
    });

    it('gives none of them again after a start, because the stream knows them', async () => {
      const lost = [await idOf(), await idOf()];
      await eventually(async () => expect(await highest()).toBeGreaterThanOrEqual(Math.max(...lost)));
      await agora.process('auth').end();
      await lose(lost);
      await agora.process('auth').restart();
      expect(await idOf()).toBeGreaterThan(Math.max(...lost));
    });

    it('gives no id that another service knows', async () => {
      const known = (await idOf()) + 1_234;
      await highest(known);
      expect(await idOf()).toBeGreaterThan(known);
    });

    it('does not use up all ids when a service names a wrong one', async () => {
      const last = await idOf();
      await highest(2_147_483_647);
      expect(await idOf()).toBeLessThan(last + 100_000);
    });

    it('skips rows that its sequence does not know', async () => {
      const last = await idOf();
      await query(`SELECT setval('auth.users_id_seq', $1, false)`, [last]);
      expect(await idOf()).toBeGreaterThan(last);
    });
  });
});
