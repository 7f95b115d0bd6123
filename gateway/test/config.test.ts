import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../src/config.js';

const complete = {
  JWKS_URL: 'http://auth:9001/internal/jwks.json',
  AUTH_URL: 'http://auth:8001',
  POSTS_URL: 'http://posts:8002/',
  VOTES_URL: 'http://[::1]:8003',
  NATS_URL: 'nats://nats:4222',
};

it('has defaults for all but where the others are', () => {
  expect(readConfig(complete)).toMatchObject({
    ...complete,
    PORT: 8000,
    INTERNAL_PORT: 9000,
    UPSTREAM_TIMEOUT_SECONDS: 10,
    VERSION: 'development',
  });
});

it('names all that is missing', () => {
  expect(() => readConfig({})).toThrow(/JWKS_URL.*NATS_URL.*AUTH_URL.*POSTS_URL.*VOTES_URL/);
});

describe('refuses as an origin', () => {
  it.each(['auth:8001', 'https://auth', 'http://auth/v1', 'http://user:password@auth', 'http://auth?x', ''])(
    '%j',
    (AUTH_URL) => {
      expect(() => readConfig({ ...complete, AUTH_URL })).toThrow(/AUTH_URL/);
    },
  );
});
