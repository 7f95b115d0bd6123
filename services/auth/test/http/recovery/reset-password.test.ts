import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  mailsTo,
  mailTo,
  query,
  startAgora,
  statusesOf,
  tokenIn,
  type Agora,
  type HttpClient,
} from '@agora/testing';

const asked = /^Set a new password/;
const next = 'battery staple';

describe('password resets', () => {
  let agora: Agora;
  let ask: HttpClient;

  beforeAll(async () => {
    agora = await startAgora(['auth'], { environment: { PASSWORD_RESETS_PER_ADDRESS: '40/3600' } });
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(() => agora.stop());

  const request = (email: unknown, from = '203.0.113.1') =>
    ask('POST', '/password-resets', { json: { email }, headers: { 'X-Forwarded-For': from } });
  const reset = (token: string, password: unknown = next) =>
    ask('PUT', '/password-resets', { json: { token, new_password: password } });
  const logIn = (username: string, password: string) =>
    ask('POST', '/login', { form: { username, password } });
  const tokenTo = async (email: string) => tokenIn(await mailTo(email, asked), 'reset-password');

  it('set a new password with the token of a mail, once, and end every session', async () => {
    const ann = await join(ask);
    await logIn(ann.email, ann.password);
    expect((await request(ann.email.toUpperCase())).status).toBe(202);
    const token = await tokenTo(ann.email);
    expect((await reset(token)).status).toBe(204);
    expect((await ask('GET', '/users/me', { token: ann.token })).status).toBe(401);
    const refreshed = await ask('POST', '/refresh', { json: { refresh_token: ann.refreshToken } });
    expect(refreshed.status).toBe(401);
    expect(statusesOf([await logIn(ann.email, ann.password), await logIn(ann.email, next)])).toEqual([
      200, 403,
    ]);
    const again = await reset(token, 'another one');
    expect([again.status, again.body.code]).toEqual([403, 'invalid_mail_token']);
    await mailTo(ann.email, /^Your password was changed/);
  });

  it('set one of several passwords that concurrent requests send with the token', async () => {
    const ann = await join(ask);
    await request(ann.email);
    const token = await tokenTo(ann.email);
    const answers = await Promise.all([reset(token), reset(token), reset(token)]);
    expect(statusesOf(answers)).toEqual([204, 403, 403]);
  });

  it('keep their token when the new password is refused', async () => {
    const ann = await join(ask);
    await request(ann.email);
    const token = await tokenTo(ann.email);
    for (const bad of ['short', 7, undefined]) {
      const { status, body } = await ask('PUT', '/password-resets', { json: { token, new_password: bad } });
      expect([status, body.errors?.[0]?.field]).toEqual([422, 'new_password']);
    }
    expect((await reset(token)).status).toBe(204);
  });

  it('void older tokens, also after a change of password or address', async () => {
    const ann = await join(ask);
    await request(ann.email);
    const first = await tokenTo(ann.email);
    await request(ann.email);
    const second = await eventually(async () => {
      const token = await tokenTo(ann.email);
      expect(token).not.toBe(first);
      return token;
    });
    expect((await reset(first)).status).toBe(403);
    const json = { current_password: ann.password, new_password: next };
    expect((await ask('PUT', '/users/me/password', { token: ann.token, json })).status).toBe(204);
    expect((await reset(second)).status).toBe(403);
  });

  it('refuse tokens that have expired, are made up or confirm an address', async () => {
    const ann = await join(ask);
    const foreign = tokenIn(await mailTo(ann.email, /^Confirm/), 'confirm-email');
    await request(ann.email);
    const token = await tokenTo(ann.email);
    await query(`UPDATE auth.mail_tokens SET expires_at = now() - interval '1 s' WHERE user_id = $1`, [
      ann.id,
    ]);
    for (const bad of [token, 'x'.repeat(43), foreign]) {
      const { status, body } = await reset(bad);
      expect([status, body.code]).toEqual([403, 'invalid_mail_token']);
    }
  });

  it('answer an unknown address like a known one, and send it nothing', async () => {
    const ann = await join(ask);
    const unknown = `${randomUUID()}@example.test`;
    const answers = [await request(ann.email), await request(unknown)];
    const [one, other] = answers.map(({ status, headers, body }) => ({
      status,
      body,
      names: [...headers.keys()].toSorted(),
    }));
    expect(one).toEqual(other);
    await mailTo(ann.email, asked);
    await eventually(async () =>
      expect(await query('SELECT 1 FROM auth.mails WHERE email = $1', [unknown])).toEqual([]),
    );
    expect(await mailsTo(unknown)).toEqual([]);
  });

  it('take as long for an unknown address as for a known one', async () => {
    const people = await Promise.all([1, 2, 3, 4].map(() => join(ask)));
    const timeOf = async (email: string) => {
      const since = performance.now();
      await request(email, '203.0.113.2');
      return performance.now() - since;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (const { email } of people) {
      known.push(await timeOf(email));
      unknown.push(await timeOf(`${randomUUID()}@example.test`));
    }
    const best = (times: number[]) => Math.min(...times);
    expect(Math.abs(best(known) - best(unknown))).toBeLessThan(15);
  });

  it('are limited to three an hour for one e-mail address, known or not', async () => {
    const ann = await join(ask);
    for (const email of [ann.email, `${randomUUID()}@example.test`]) {
      for (let count = 0; count < 3; count += 1) expect((await request(email)).status).toBe(202);
      const { status, headers, body } = await request(email);
      expect([status, body.code, Number(headers.get('retry-after')) > 3_000]).toEqual([
        429,
        'too_many_attempts',
        true,
      ]);
    }
  });

  it('are limited by the hour for one client', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 41; count += 1)
      statuses.push((await request(`${randomUUID()}@example.test`, '203.0.113.9')).status);
    expect(statuses).toEqual([...Array<number>(40).fill(202), 429]);
  });

  it.each([undefined, null, '', 'nobody', 7])('refuse the address %j', async (email) => {
    const { status, body } = await request(email, '203.0.113.3');
    expect([status, body.errors?.[0]?.field]).toEqual([422, 'email']);
  });
});
