import { expect, it } from '@jest/globals';
import { readConfig } from '../src/config.js';

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

it('protects logins without being told to', () => {
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
  ['MAIL_NOTICES', 'new-device,spam'],
  ['SMTP_URL', 'http://mail.example'],
  ['MAIL_FROM', 'nobody'],
  ['MAIL_LINK_BASE', 'https://agora.example/#account'],
])('refuses %s=%s', (name, value) => {
  expect(() => readConfig({ ...complete, [name]: value })).toThrow(name);
});
