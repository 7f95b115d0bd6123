import { argon2Sync, createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import bcrypt from 'bcrypt';
import {
  httpClient,
  join,
  query,
  startAgora,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

describe('POST /login', () => {
  let agora: Agora;
  let ask: HttpClient;
  let ann: Person;
  const logIn = (form: Record<string, string>) => ask('POST', '/login', { form });

  beforeAll(async () => {
    const environment = { BCRYPT_QUEUE_LIMIT: '32' };
    agora = await startAgora(['auth'], { algorithm: 'ES256', environment });
    ask = httpClient(agora.process('auth').url);
    ann = await join(ask);
  });
  afterAll(() => agora.stop());

  it('answers with a token that is valid for as long as it says', async () => {
    const { status, headers, body } = await logIn({
      username: ann.email,
      password: ann.password,
      grant_type: 'password',
      scope: 'x',
    });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [header, claims] = String(body.access_token)
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(claims).toMatchObject({
      iss: 'agora',
      aud: 'agora',
      sub: String(ann.id),
      sid: expect.any(String),
      client_id: 'agora',
      role: 'user',
      email_verified: false,
    });
    expect(Number(claims?.exp) - Number(claims?.iat)).toBe(900);
    const me = await ask('GET', '/users/me', { token: String(body.access_token) });
    expect(me.body).toMatchObject({ id: ann.id, email: ann.email });
  });

  it('identifies the account by a unique key, and numbers its sessions', async () => {
    const { id, email, password } = await join(ask);
    const second = await logIn({ username: email, password });
    const third = await ask('POST', '/refresh', { json: { refresh_token: second.body.refresh_token } });
    const [row] = await query<{ key: string }>('SELECT account_key AS key FROM auth.users WHERE id = $1', [
      id,
    ]);
    for (const { body } of [second, third])
      expect(claimsOf(body.access_token)).toMatchObject({ account_key: row?.key, session_number: 2 });
  });

  it('keeps the refresh token only as a hash', async () => {
    const { body } = await logIn({ username: ann.email, password: ann.password });
    const hash = createHash('sha256').update(String(body.refresh_token)).digest();
    const rows = await query('SELECT session_id FROM auth.refresh_tokens WHERE hash = $1', [hash]);
    expect(rows).toHaveLength(1);
  });

  it('normalizes the address like registration', async () => {
    expect((await logIn({ username: ` ${ann.email.toUpperCase()}`, password: ann.password })).status).toBe(
      200,
    );
  });

  it('gives the same answer for a wrong password, an unknown address and a password that is too long', async () => {
    const answers = await Promise.all([
      logIn({ username: ann.email, password: 'wrong password' }),
      logIn({ username: `${randomUUID()}@example.test`, password: ann.password }),
      logIn({ username: `no address ${randomUUID()}`, password: ann.password }),
      logIn({ username: `${randomUUID()}\0@example.test`, password: ann.password }),
      logIn({ username: ann.email, password: `${ann.password}${'x'.repeat(72)}` }),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(403);
      expect(body).toMatchObject({ code: 'invalid_credentials', detail: 'Invalid credentials' });
    }
  });

  it.each([
    [{}, ['username', 'password']],
    [{ username: 'a@example.test' }, ['password']],
    [{ username: 'a@example.test', password: 'x', grant_type: 'client_credentials' }, ['grant_type']],
  ])('refuses the form %j', async (form, fields) => {
    const { status, body } = await logIn(form);
    expect(status).toBe(422);
    expect(body.errors?.map(({ field }) => field)).toEqual(fields);
  });

  it('refuses a field that is given twice', async () => {
    const { status } = await ask('POST', '/login', {
      raw: `username=${ann.email}&username=b@example.test&password=x`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(status).toBe(422);
  });

  it('reads only forms', async () => {
    const { status } = await ask('POST', '/login', { json: { username: ann.email, password: ann.password } });
    expect(status).toBe(415);
  });

  it('reads a multipart form as well', async () => {
    const data = new FormData();
    for (const [name, value] of Object.entries({ username: ann.email, password: ann.password, scope: '' }))
      data.set(name, value);
    const encoded = new Request('http://x', { method: 'POST', body: data });
    const { status } = await ask('POST', '/login', {
      raw: await encoded.text(),
      headers: { 'Content-Type': encoded.headers.get('content-type') ?? '' },
    });
    expect(status).toBe(200);
  });

  it('treats an empty grant type as none, and ignores other fields of OAuth 2.0, even repeated', async () => {
    const given = new URLSearchParams({ username: ann.email, password: ann.password, grant_type: '' });
    for (const field of ['scope', 'scope', 'client_id', 'client_secret']) given.append(field, '');
    const { status } = await ask('POST', '/login', {
      raw: given.toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(status).toBe(200);
  });

  it('answers clients of OAuth 2.0 with the errors of OAuth 2.0', async () => {
    const login = { username: ann.email, password: 'wrong password' };
    const answers = [
      await logIn(login),
      await logIn({ username: ann.email }),
      await logIn({ ...login, grant_type: 'client_credentials' }),
      await ask('POST', '/refresh', { json: { refresh_token: 'x' } }),
    ];
    expect(answers.map(({ status, body }) => [status, body.error])).toEqual([
      [403, 'invalid_grant'],
      [422, 'invalid_request'],
      [422, 'unsupported_grant_type'],
      [401, 'invalid_grant'],
    ]);
    for (const { body } of answers) expect(body.error_description).toEqual(expect.any(String));
  });

  it('ignores credentials in the query', async () => {
    const { status } = await ask('POST', `/login?username=${ann.email}&password=${ann.password}`, {
      form: {},
    });
    expect(status).toBe(422);
  });

  it('answers 503 when too many passwords are being hashed, and answers all others', async () => {
    const attempts = Array.from({ length: 60 }, (_, index) =>
      logIn({ username: `nobody-${index}@example.test`, password: 'wrong password' }),
    );
    const answers = await Promise.all(attempts);
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 403).length).toBe(60 - refused.length);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
  });

  it('accepts an argon2 hash of the old application, and rehashes with bcrypt', async () => {
    const { id, email, password } = await join(ask);
    const salt = randomBytes(16);
    const parameters = { nonce: salt, parallelism: 4, tagLength: 32, memory: 65_536, passes: 3 };
    const tag = argon2Sync('argon2id', { message: password, ...parameters });
    const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const hash = `$argon2id$v=19$m=65536,t=3,p=4$${encode(salt)}$${encode(tag)}`;
    await query('UPDATE auth.users SET password_hash = $1 WHERE id = $2', [hash, id]);
    const hashNow = async () =>
      (await query<{ hash: string }>('SELECT password_hash AS hash FROM auth.users WHERE id = $1', [id]))[0]
        ?.hash;

    expect((await logIn({ username: email, password: 'another password' })).status).toBe(403);
    expect(await hashNow()).toBe(hash);
    expect((await logIn({ username: email, password })).status).toBe(200);
    expect(await hashNow()).toMatch(/^\$2b\$10\$/);
    expect((await logIn({ username: email, password })).status).toBe(200);
  });

  it('rehashes a password that was hashed at a lower cost, once it is known to be right', async () => {
    const bob = await join(ask);
    const costOf = async () => {
      const [row] = await query<{ hash: string }>(
        'SELECT password_hash AS hash FROM auth.users WHERE id = $1',
        [bob.id],
      );
      return bcrypt.getRounds(row?.hash ?? '');
    };
    await query('UPDATE auth.users SET password_hash = $2 WHERE id = $1', [
      bob.id,
      await bcrypt.hash(bob.password, 4),
    ]);
    await logIn({ username: bob.email, password: 'wrong password' });
    expect(await costOf()).toBe(4);
    for (let each = 0; each < 2; each += 1) {
      expect((await logIn({ username: bob.email, password: bob.password })).status).toBe(200);
      expect(await costOf()).toBe(10);
    }
  });

  it('logs neither password nor token nor address', async () => {
    const { body } = await logIn({ username: ann.email, password: ann.password });
    await ask('POST', '/login', {
      raw: `{"password":"${ann.password}`,
      headers: { 'Content-Type': 'application/json' },
    });
    await ask('POST', '/users', {
      raw: `{"password":"${ann.password}`,
      headers: { 'Content-Type': 'application/json' },
    });
    const log = agora.process('auth').log();
    expect(log).toContain('request answered');
    for (const secret of [ann.password, ann.email, String(body.access_token), String(body.refresh_token)]) {
      expect(log).not.toContain(secret);
    }
  });
});

const claimsOf = (accessToken: unknown) =>
  JSON.parse(Buffer.from(String(accessToken).split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
