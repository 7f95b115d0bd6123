import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../src/config.js';

const complete = {
  JWKS_URL: 'http://auth:9001/internal/jwks.json',
  REVOCATIONS_URL: 'http://auth:9001/internal/revocations',
  REVOCATIONS_SECRET: 'only-these-tests-know-this-0123456789',
  NATS_URL: 'nats://nats:4222',
  AUTH_URL: 'http://auth:8001',
  POSTS_URL: 'http://posts:8002/',
  VOTES_URL: 'http://[::1]:8003',
};

it('requires only the addresses of the services', () => {
  expect(readConfig(complete)).toMatchObject({
    ...complete,
    PORT: 8000,
    INTERNAL_PORT: 9000,
    UPSTREAM_TIMEOUT_SECONDS: 10,
    VERSION: 'development',
    TRUSTED_PROXY_HOPS: 0,
    CORS_ALLOWED_ORIGINS: [],
    RATE_LIMIT_ADDRESS: { limit: 300, seconds: 60 },
    RATE_LIMIT_LOGIN: { limit: 30, seconds: 60 },
    RATE_LIMIT_REGISTRATION: { limit: 20, seconds: 3_600 },
    RATE_LIMIT_USER: { limit: 600, seconds: 60 },
    RATE_LIMIT_WRITES: { limit: 120, seconds: 60 },
  });
});

it('lists every missing setting', () => {
  expect(() => readConfig({})).toThrow(/JWKS_URL.*REVOCATIONS_URL.*NATS_URL.*AUTH_URL.*POSTS_URL.*VOTES_URL/);
});

describe('refuses as the origin of a service', () => {
  it.each(['auth:8001', 'https://auth', 'http://auth/v1', 'http://user:password@auth', 'http://auth?x', ''])(
    '%j',
    (AUTH_URL) => {
      expect(() => readConfig({ ...complete, AUTH_URL })).toThrow(/AUTH_URL/);
    },
  );
});

it('reads the allowed origins', () => {
  const settings = readConfig({
    ...complete,
    CORS_ALLOWED_ORIGINS: 'https://app.example, http://localhost:5173, http://localhost:*',
  });
  expect(settings.CORS_ALLOWED_ORIGINS).toEqual([
    'https://app.example',
    'http://localhost:5173',
    'http://localhost:*',
  ]);
});

describe('refuses as an allowed origin', () => {
  it.each([
    '*',
    'null',
    'app.example',
    'https://app.example/',
    'https://*.example',
    'https://localhost:*',
    'http://app.example:*',
    'https://a.example,',
    'file:///',
  ])('%j', (CORS_ALLOWED_ORIGINS) => {
    expect(() => readConfig({ ...complete, CORS_ALLOWED_ORIGINS })).toThrow(/CORS_ALLOWED_ORIGINS/);
  });
});
