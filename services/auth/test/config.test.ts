import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@agora/process';
import { startAgora } from '@agora/testing';
import { readConfig } from '../src/config.js';
import { openKeys } from '../src/keys/open-keys.js';
import { makeKey, pemOf } from './keys/make-key.js';

const complete = {
  DATABASE_USER: 'auth_app',
  DATABASE_PASSWORD: 'x',
  NATS_URL: 'nats://localhost:4222',
  INTERNAL_SECRET: '9d3f60b1c2a84e5790e4a7d86b5f13c2',
  REVOCATIONS_SECRET: '2a9d60b1c2a84e5790e4a7d86b5f13e4',
  POSTS_INTERNAL_URL: 'http://posts:9002',
  POSTS_INTERNAL_SECRET: '1b7f60b1c2a84e5790e4a7d86b5f13a8',
  VOTES_INTERNAL_URL: 'http://votes:9003',
  VOTES_INTERNAL_SECRET: '77c360b1c2a84e5790e4a7d86b5f1390',
  SIGNING_KEY_SECRET: '4f1c6d0be9a2873355e0c7d19b42f8a6',
  SMTP_URL: 'smtps://user:word@mail.example:465',
  MAIL_FROM: 'Agora <no-reply@agora.example>',
  MAIL_LINK_BASE: 'https://agora.example/account',
};

it('protects logins by default', () => {
  expect(readConfig(complete)).toMatchObject({
    LOGIN_FAILURES_PER_ACCOUNT: { limit: 10, seconds: 900 },
    LOGIN_FAILURES_CEILING: 100,
    LOGIN_FAILURES_PER_ADDRESS: { limit: 100, seconds: 3_600 },
    REGISTRATIONS_PER_ADDRESS: { limit: 20, seconds: 3_600 },
    PASSWORD_RESETS_PER_ACCOUNT: { limit: 3, seconds: 3_600 },
    PASSWORD_RESETS_PER_ADDRESS: { limit: 20, seconds: 3_600 },
    CONFIRMATION_MAILS_PER_ACCOUNT: { limit: 3, seconds: 3_600 },
  });
});

it.each([
  [undefined, true],
  ['false', false],
])('with PASSWORD_BLOCKLIST=%s, common passwords are refused: %s', (PASSWORD_BLOCKLIST, on) => {
  expect(readConfig({ ...complete, PASSWORD_BLOCKLIST }).PASSWORD_BLOCKLIST).toBe(on);
});

it.each([
  [undefined, 7],
  ['none', 0],
  ['new-device, password-changed', 2],
])('with MAIL_NOTICES=%s, %i kinds of notices are mailed', (MAIL_NOTICES, count) => {
  expect(readConfig({ ...complete, MAIL_NOTICES }).MAIL_NOTICES).toHaveLength(count);
});

it.each([
  ['BCRYPT_COST', '9'],
  ['MAIL_NOTICES', 'new-device,spam'],
  ['SMTP_URL', 'http://mail.example'],
  ['MAIL_FROM', 'nobody'],
  ['MAIL_LINK_BASE', 'https://agora.example/#account'],
])('refuses %s=%s', (name, value) => {
  expect(() => readConfig({ ...complete, [name]: value })).toThrow(name);
});

describe('unusable keys', () => {
  const given = makeKey().pem;
  const weakRsa = pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey);
  /** The key of RFC 7515, appendix A.3. */
  const sample = pemOf(
    createPrivateKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
      },
    }),
  );

  it.each([
    [{ ALGORITHM: 'HS256', SECRET_KEY: 'short' }, 'SECRET_KEY must have at least 32 characters'],
    [{ ALGORITHM: 'none' }, 'ALGORITHM'],
    [{ ALGORITHM: 'ES256', SIGNING_KEY_SECRET: '' }, 'SIGNING_KEY_SECRET'],
    [
      { ALGORITHM: 'ES256', SIGNING_KEY_FILE: '/nowhere' },
      'SIGNING_KEY_FILE names a file that cannot be read',
    ],
    [{ ALGORITHM: 'ES256', SIGNING_KEY: makeKey('secp256k1').pem }, 'SIGNING_KEY is no key for ES256'],
    [{ ALGORITHM: 'RS256', SIGNING_KEY: weakRsa }, 'SIGNING_KEY is no key for RS256'],
    [{ ALGORITHM: 'ES256', SIGNING_KEY: sample }, 'SIGNING_KEY is a key that is printed in examples'],
    [
      { ALGORITHM: 'ES256', SIGNING_KEY: given, SIGNING_KEY_PREVIOUS: given },
      'SIGNING_KEY_PREVIOUS is the same key as SIGNING_KEY',
    ],
    [
      { ALGORITHM: 'ES256', SIGNING_KEY: given, SIGNING_KEY_PREVIOUS: 'nonsense' },
      'SIGNING_KEY_PREVIOUS is no key in PEM',
    ],
    [
      { ALGORITHM: 'ES256', SIGNING_KEY_PREVIOUS: given },
      'SIGNING_KEY_PREVIOUS is of use only with SIGNING_KEY',
    ],
    [
      { ALGORITHM: 'ES256', KEY_ACTIVATION_DELAY_SECONDS: '59' },
      'KEY_ACTIVATION_DELAY_SECONDS must not be less than JWKS_REFRESH_SECONDS',
    ],
  ])('are refused with one clear line for %j', async (environment, reason) => {
    const open = async () =>
      openKeys(readConfig({ ...complete, ...environment }), createLogger('auth', 'silent'));
    await expect(open()).rejects.toThrow(reason);
  });

  it.each([
    [{ DATABASE_PASSWORD: '' }, 'DATABASE_PASSWORD is required'],
    [{ ALGORITHM: 'ES256', SIGNING_KEY: 'nonsense' }, 'SIGNING_KEY is no unencrypted private key in PEM'],
  ])('end the process at once, as other unusable settings do: %j', async (environment, reason) => {
    await expect(startAgora(['auth'], { environment })).rejects.toThrow(reason);
  });
});
