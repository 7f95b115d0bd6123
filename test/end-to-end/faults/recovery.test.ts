import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { httpClient, join, mailTo, startAgora, tokenIn, type Agora, type HttpClient } from '@agora/testing';
import { Secret, TOTP } from 'otpauth';

let agora: Agora;
let ask: HttpClient;

beforeAll(async () => {
  agora = await startAgora(['auth', 'gateway']);
  ask = httpClient(agora.process('gateway').url);
}, 120_000);
afterAll(() => agora.stop());

/** A code of the step of now, or of the one before. */
const codeOf = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

it('goes through the gateway from confirming an address to a reset with a second factor', async () => {
  const { email, password, token } = await join(ask);
  const confirmation = tokenIn(await mailTo(email, /^Confirm/), 'confirm-email');
  expect((await ask('POST', '/email-confirmations', { json: { token: confirmation } })).status).toBe(204);

  const prepared = await ask('POST', '/users/me/totp', { token, json: { current_password: password } });
  const secret = String(prepared.body.secret);
  const enabled = await ask('PUT', '/users/me/totp', { token, json: { code: codeOf(secret, -1) } });
  expect([prepared.status, enabled.status]).toEqual([201, 200]);

  expect((await ask('POST', '/password-resets', { json: { email } })).status).toBe(202);
  const reset = tokenIn(await mailTo(email, /^Set a new password/), 'reset-password');
  const json = { token: reset, new_password: 'battery staple' };
  expect((await ask('PUT', '/password-resets', { json })).status).toBe(204);
  expect((await ask('GET', '/users/me', { token })).status).toBe(401);

  const logIn = (form: Record<string, string>) =>
    ask('POST', '/login', { form: { username: email, ...form } });
  const without = await logIn({ password: 'battery staple' });
  expect([without.status, without.body.code, without.body.error]).toEqual([
    403,
    'totp_required',
    'invalid_grant',
  ]);
  const opened = await logIn({ password: 'battery staple', totp: codeOf(secret) });
  expect(opened.status).toBe(200);
  const account = await ask('GET', '/users/me', { token: String(opened.body.access_token) });
  expect(account.body).toMatchObject({ email, email_verified: true, totp: true });
});

it('publishes where to log in', async () => {
  const { body } = await ask('GET', '/.well-known/oauth-authorization-server');
  expect(body).toMatchObject({ issuer: 'agora', grant_types_supported: ['password'] });
});
