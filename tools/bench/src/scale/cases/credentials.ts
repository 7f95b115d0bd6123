import { createHash } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { emailOf } from '../../data/seed.js';
import { send, type Case } from './case.js';
import type { World } from '../world.js';

export const auth = (name: string, requests: Case['requests'], more: Partial<Case> = {}): Case => ({
  name,
  service: 'auth',
  requests,
  ...more,
});
/** Hashing takes nearly all of their time: one is enough. */
export const hashing = { count: 1 };

export const newEmail = (world: World) => `new-${world.unique()}@bench.example.test`;

/** Passwords, addresses and second factors. */
export const casesOfCredentials: readonly Case[] = [
  auth(
    'PUT /users/me/password',
    (world, count) =>
      world.users(count).map((user) =>
        send('PUT', '/users/me/password', world.as(user), {
          current_password: world.system.data.password,
          new_password: 'another horse battery',
        }),
      ),
    hashing,
  ),
  auth(
    'PUT /users/me/email',
    (world, count) =>
      world.users(count).map((user) =>
        send('PUT', '/users/me/email', world.as(user), {
          email: newEmail(world),
          current_password: world.system.data.password,
        }),
      ),
    hashing,
  ),
  auth(
    'POST /users/me/email/confirmation',
    (world, count) =>
      world.users(count).map((user) => send('POST', '/users/me/email/confirmation', world.as(user))),
    { count: 10 },
  ),
  auth(
    'POST /email-confirmations',
    async (world, count) =>
      (await mailTokens(world, count, 'confirm-email')).map((token) =>
        send('POST', '/email-confirmations', {}, { token }),
      ),
    { count: 10 },
  ),
  auth(
    'POST /password-resets',
    (world, count) =>
      world.users(count).map((user) => send('POST', '/password-resets', {}, { email: emailOf(user) })),
    { count: 10 },
  ),
  auth(
    'PUT /password-resets',
    async (world, count) =>
      (await mailTokens(world, count, 'reset-password')).map((token) =>
        send('PUT', '/password-resets', {}, { token, new_password: 'another horse battery' }),
      ),
    hashing,
  ),
  auth(
    'POST /users/me/totp',
    (world, count) => world.users(count).map((user) => prepareTotp(world, user)),
    hashing,
  ),
  auth('PUT /users/me/totp', totpCodes, { count: 5 }),
  auth(
    'POST /users/me/totp/removal',
    async (world, count) => {
      const users = world.users(count);
      await world.run(
        `UPDATE auth.users SET totp_secret = 'sealed', totp_enabled_at = now() WHERE id = ANY($1::int[])`,
        [users],
      );
      return users.map((user) =>
        send('POST', '/users/me/totp/removal', world.as(user), {
          current_password: world.system.data.password,
        }),
      );
    },
    hashing,
  ),
];

const prepareTotp = (world: World, user: number) =>
  send('POST', '/users/me/totp', world.as(user), { current_password: world.system.data.password });

async function totpCodes(world: World, count: number) {
  const origin = world.system.processes.auth?.origin ?? '';
  const requests = [];
  // One after the other: hashing has few places.
  for (const user of world.users(count)) {
    const { path, ...asked } = prepareTotp(world, user);
    const response = await fetch(`${origin}${path}`, asked);
    const { secret } = (await response.json()) as { secret?: string };
    if (secret === undefined) throw new Error(`${path} is answered ${response.status}`);
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
    requests.push(send('PUT', '/users/me/totp', world.as(user), { code }));
  }
  return requests;
}

/** Tokens as mails carry them. */
async function mailTokens(world: World, count: number, purpose: string): Promise<string[]> {
  const tokens = world.users(count).map((user) => ({ user, token: `token-${purpose}-${user}` }));
  await world.run(
    `INSERT INTO auth.mail_tokens (hash, user_id, purpose, email, expires_at)
     SELECT hash, users.id, $3, email, now() + interval '1 hour'
     FROM unnest($1::int[], $2::bytea[]) AS given (id, hash) JOIN auth.users ON users.id = given.id
     ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash`,
    [
      tokens.map(({ user }) => user),
      tokens.map(({ token }) => createHash('sha256').update(token).digest()),
      purpose,
    ],
  );
  return tokens.map(({ token }) => token);
}
