import { describe, expect, it } from '@jest/globals';
import { environmentOf, migrationEnvironmentOf, type StackAddresses } from '../src/stack/environment.js';
import { makeSecrets } from '../src/stack/secrets.js';
import { portsFrom } from '../src/stack/topology.js';

const secrets = makeSecrets();
const stack: StackAddresses = {
  ports: portsFrom({}),
  database: { host: '127.0.0.1', port: 5432, name: 'agora' },
  databasePasswords: secrets.database,
  nats: { url: 'nats://127.0.0.1:4222', users: { votes: { user: 'votes', password: 'v' } } },
  mailbox: { port: 8025, smtpPort: 1025 },
  internalSecrets: secrets.internal,
  revocationsSecret: secrets.revocations,
  signingKeySecret: secrets.signingKeySecret,
  cursorSecret: secrets.cursorSecret,
  secretKey: secrets.secretKey,
};

describe('the environment of a process', () => {
  it('holds its own role, its own NATS user and where the others are', () => {
    expect(environmentOf('votes', stack, {})).toEqual({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: '8003',
      INTERNAL_PORT: '9003',
      SHUTDOWN_NOTICE_SECONDS: '0',
      ALGORITHM: 'ES256',
      TOKEN_ISSUER: 'http://127.0.0.1:8000',
      TOKEN_AUDIENCE: 'agora',
      JWKS_URL: 'http://127.0.0.1:9001/internal/jwks.json',
      NATS_URL: 'nats://127.0.0.1:4222',
      NATS_USER: 'votes',
      NATS_PASSWORD: 'v',
      DATABASE_HOST: '127.0.0.1',
      DATABASE_PORT: '5432',
      DATABASE_NAME: 'agora',
      DATABASE_USER: 'votes_app',
      DATABASE_PASSWORD: secrets.database.votes.app,
      AUTH_INTERNAL_URL: 'http://127.0.0.1:9001',
      AUTH_INTERNAL_SECRET: secrets.internal.auth,
      POSTS_INTERNAL_URL: 'http://127.0.0.1:9002',
      REVOCATIONS_URL: 'http://127.0.0.1:9001/internal/revocations',
      REVOCATIONS_SECRET: secrets.revocations,
      POSTS_INTERNAL_SECRET: secrets.internal.posts,
      INTERNAL_SECRET: secrets.internal.votes,
    });
  });

  it('has no database in the gateway and the key for signing keys in auth alone', () => {
    expect(
      Object.keys(environmentOf('gateway', stack, {})).filter((name) => name.startsWith('DATABASE')),
    ).toEqual([]);
    expect(environmentOf('auth', stack, {})).toMatchObject({ SIGNING_KEY_SECRET: secrets.signingKeySecret });
    expect(environmentOf('posts', stack, {})).not.toHaveProperty('SIGNING_KEY_SECRET');
  });

  it('passes on what a user may set and nothing else', () => {
    const user = { PATH: '/bin', BCRYPT_COST: '10', AWS_SECRET_ACCESS_KEY: 'x', DATABASE_HOST: 'elsewhere' };
    const environment = environmentOf('auth', stack, user);
    expect(environment).toMatchObject({ PATH: '/bin', BCRYPT_COST: '10', DATABASE_HOST: '127.0.0.1' });
    expect(environment).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
  });

  it('has a shared secret with HS256 only, the given one or a random one', () => {
    expect(environmentOf('posts', stack, {})).not.toHaveProperty('SECRET_KEY');
    expect(environmentOf('posts', stack, { ALGORITHM: 'HS256' })).toMatchObject({
      SECRET_KEY: secrets.secretKey,
    });
    expect(environmentOf('posts', stack, { ALGORITHM: 'HS256', SECRET_KEY: 'given' })).toMatchObject({
      SECRET_KEY: 'given',
    });
  });

  it('has the role that may change the schema in migrations', () => {
    expect(migrationEnvironmentOf('posts', stack, {})).toMatchObject({
      DATABASE_USER: 'posts_migrator',
      DATABASE_PASSWORD: secrets.database.posts.migrator,
    });
  });
});
