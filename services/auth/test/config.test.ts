import { expect, it } from '@jest/globals';
import { readConfig } from '../src/config.js';

const complete = {
  DATABASE_USER: 'auth_app',
  DATABASE_PASSWORD: 'x',
  NATS_URL: 'nats://localhost:4222',
  INTERNAL_SECRET: '9d3f60b1c2a84e5790e4a7d86b5f13c2',
  POSTS_INTERNAL_URL: 'http://posts:9002',
  POSTS_INTERNAL_SECRET: '1b7f60b1c2a84e5790e4a7d86b5f13a8',
  VOTES_INTERNAL_URL: 'http://votes:9003',
  VOTES_INTERNAL_SECRET: '77c360b1c2a84e5790e4a7d86b5f1390',
  SIGNING_KEY_SECRET: '4f1c6d0be9a2873355e0c7d19b42f8a6',
};

it('protects logins without being told to', () => {
  expect(readConfig(complete)).toMatchObject({
    LOGIN_FAILURES_PER_ACCOUNT: { limit: 10, seconds: 900 },
    LOGIN_FAILURES_CEILING: 100,
    LOGIN_FAILURES_PER_ADDRESS: { limit: 100, seconds: 3_600 },
    REGISTRATIONS_PER_ADDRESS: { limit: 20, seconds: 3_600 },
  });
});

it.each([
  ['production', undefined, true],
  ['production', 'false', false],
  ['development', undefined, false],
  ['test', 'true', true],
])('in %s with PASSWORD_BLOCKLIST=%s, the blocklist is on: %s', (NODE_ENV, PASSWORD_BLOCKLIST, on) => {
  const settings = readConfig({ ...complete, NODE_ENV, PASSWORD_BLOCKLIST });
  expect(settings.PASSWORD_BLOCKLIST).toBe(on);
});
