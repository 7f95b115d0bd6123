import {
  createHmac,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@agora/process';
import Joi from 'joi';
import jwt, { type SignOptions } from 'jsonwebtoken';
import { tokensFromTheFuture } from '../src/token-times.js';
import { RevocationsUnknown } from '../src/verify.js';
import { createVerifier, identitySettings, type IdentitySettings, type Verifier } from '../src/index.js';

const logger = createLogger('test', 'silent');
const noRevocations = { isRevoked: () => false, areKnown: () => true };
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = {
  ...createPublicKey(privateKey).export({ format: 'jwk' }),
  kid: 'key-1',
  alg: 'ES256',
  use: 'sig',
};

const settings: IdentitySettings = {
  NODE_ENV: 'test',
  ALGORITHM: 'ES256',
  ALLOW_SHARED_SECRET: false,
  TOKEN_ISSUER: 'agora',
  TOKEN_AUDIENCE: 'agora',
  ACCESS_TOKEN_EXPIRE_MINUTES: 15,
  JWKS_REFRESH_SECONDS: 60,
};

interface Forgery {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: KeyObject;
  options?: SignOptions;
}

/** A good token, but for what the forgery changes. */
function sign({ claims = {}, header = {}, key = privateKey, options = {} }: Forgery = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: 'agora',
    aud: 'agora',
    sub: '7',
    sid: 's',
    jti: randomUUID(),
    iat: now,
    exp: now + 900,
    ...claims,
  };
  return jwt.sign(JSON.parse(JSON.stringify(payload)) as object, key, {
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'key-1', ...header },
    ...options,
  });
}

/** Runs `act` with a clock that is ahead by that many seconds. */
async function whenClockIs(secondsAhead: number, act: () => Promise<void>): Promise<void> {
  const realNow = Date.now;
  Date.now = () => realNow() + secondsAhead * 1_000;
  try {
    await act();
  } finally {
    Date.now = realNow;
  }
}

describe('a verifier with published keys', () => {
  let issuer: Server;
  let verifier: Verifier;
  let fetched = 0;
  let answer: () => string = () => JSON.stringify({ keys: [jwk] });
  let url: string;

  beforeAll(async () => {
    issuer = createServer((_request, response) => {
      fetched += 1;
      response.end(answer());
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const address = issuer.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks.json`;
    verifier = createVerifier({ ...settings, JWKS_URL: url }, logger, noRevocations);
  });
  afterAll(async () => {
    await verifier.stop();
    issuer.close();
    issuer.closeAllConnections();
  });

  it('returns the caller of a valid token', async () => {
    expect(await verifier.verify(sign())).toMatchObject({ userId: 7, sessionId: 's' });
  });

  it("returns the account's claims of the token", async () => {
    const accountKey = randomUUID();
    const claims = { account_key: accountKey, session_number: 3, role: 'moderator', email_verified: true };
    expect(await verifier.verify(sign({ claims }))).toMatchObject({
      accountKey,
      sessionNumber: 3,
      role: 'moderator',
      emailVerified: true,
    });
  });

  it('treats a token of the previous release as one of an ordinary user', async () => {
    expect(await verifier.verify(sign())).toEqual({
      userId: 7,
      sessionId: 's',
      sessionNumber: 0,
      role: 'user',
      emailVerified: false,
      tokenId: expect.any(String),
      expiresAt: expect.any(Number),
    });
  });

  const now = Math.floor(Date.now() / 1000);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each<[string, Forgery]>([
    ['signed by another key', { key: other }],
    ['of an unknown key id', { header: { kid: 'key-2' } }],
    ['with a key id that is no word', { header: { kid: '../../etc/passwd' } }],
    ['with the key id __proto__', { header: { kid: '__proto__' } }],
    ['that brings its own key', { header: { jwk } }],
    ['that names where its key is', { header: { jku: 'http://127.0.0.1/keys' } }],
    ['with critical extensions', { header: { crit: ['exp'] } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['of another issuer', { claims: { iss: 'others' } }],
    ['for another audience', { claims: { aud: 'others' } }],
    ['that has expired', { claims: { iat: now - 900, exp: now - 10 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['that lives too long', { claims: { exp: now + 3_600 } }],
    ['from the future', { claims: { iat: now + 60, exp: now + 120 } }],
    ['without a session', { claims: { sid: undefined } }],
    ['without an id', { claims: { jti: undefined } }],
    ['of a subject that is no user id', { claims: { sub: '0' } }],
    ['of a subject past all ids', { claims: { sub: '2147483648' } }],
    ['of a role that there is not', { claims: { role: 'root' } }],
    ['with a key of an account that is no UUID', { claims: { account_key: '7' } }],
    ['with a session number that is no number', { claims: { session_number: '3' } }],
    ['with a session number below 0', { claims: { session_number: -1 } }],
    ['that says neither yes nor no of the address', { claims: { email_verified: 'true' } }],
    ['that is far too long', { claims: { padding: 'x'.repeat(4_096) } }],
  ])('refuses a token %s', async (_name, forgery) => {
    expect(await verifier.verify(sign(forgery))).toBeUndefined();
  });

  it.each(['', 'a.b', 'a.b.c', 'a.b.c.d', `${Buffer.from('[]').toString('base64url')}.e30.x`])(
    'refuses %j',
    async (token) => {
      expect(await verifier.verify(token)).toBeUndefined();
    },
  );

  it('refuses an unsigned token, and one signed with the public key as a secret', async () => {
    const claims = sign().split('.')[1] ?? '';
    const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    const unsigned = `${encode({ alg: 'none', typ: 'at+jwt', kid: 'key-1' })}.${claims}.`;
    const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'key-1' })}.${claims}`;
    const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
    const confused = `${signed}.${createHmac('sha256', publicPem).update(signed).digest('base64url')}`;
    expect(await verifier.verify(unsigned)).toBeUndefined();
    expect(await verifier.verify(confused)).toBeUndefined();
  });

  it('refuses a cached token once it has expired', async () => {
    const token = sign({ claims: { exp: now + 30 } });
    expect(await verifier.verify(token)).toBeDefined();
    await whenClockIs(60, async () => expect(await verifier.verify(token)).toBeUndefined());
  });

  it('refuses tokens signed in the future, cached or not, when the clock is set back', async () => {
    const ahead = Math.floor(Date.now() / 1000) + 7_200;
    const [seen, unseen] = [0, 1].map(() => sign({ claims: { iat: ahead, exp: ahead + 900 } }));
    await whenClockIs(7_200, async () => expect(await verifier.verify(seen ?? '')).toBeDefined());
    expect(await verifier.verify(seen ?? '')).toBeUndefined();
    expect(await verifier.verify(unseen ?? '')).toBeUndefined();
  });

  it('accepts tokens of a clock that is 4 s ahead, and counts those that it refuses at 6 s', async () => {
    const refused = async () => (await tokensFromTheFuture.get()).values[0]?.value ?? 0;
    const before = await refused();
    const at = (ahead: number) => sign({ claims: { iat: now + ahead, exp: now + ahead + 60 } });
    await whenClockIs(now - Date.now() / 1000, async () => {
      expect(await verifier.verify(at(4))).toBeDefined();
      expect(await refused()).toBe(before);
      expect(await verifier.verify(at(6))).toBeUndefined();
    });
    expect(await refused()).toBe(before + 1);
  });

  it('verifies no token while it does not know the revocations', async () => {
    const blind = createVerifier({ ...settings, JWKS_URL: url }, logger, {
      ...noRevocations,
      areKnown: () => false,
    });
    await expect(blind.verify(sign())).rejects.toThrow(RevocationsUnknown);
    expect(blind.isReady()).toBe(false);
    await blind.stop();
  });

  it('fetches keys for unknown ids at most once in 30 s', async () => {
    await verifier.verify(sign({ header: { kid: 'unknown-1' } }));
    const before = fetched;
    for (let id = 2; id < 10; id += 1) await verifier.verify(sign({ header: { kid: `unknown-${id}` } }));
    expect(fetched).toBe(before);
  });

  it('refuses tokens of a key, cached or not, once a fetched key set lacks it', async () => {
    const late = createVerifier({ ...settings, JWKS_URL: url }, logger, noRevocations);
    const [seen, unseen] = [sign(), sign()];
    expect(await late.verify(seen)).toMatchObject({ userId: 7 });
    const newer = { ...createPublicKey(other).export({ format: 'jwk' }), kid: 'key-2', alg: 'ES256' };
    answer = () => JSON.stringify({ keys: [newer] });
    expect(await late.verify(sign({ key: other, header: { kid: 'key-2' } }))).toMatchObject({ userId: 7 });
    expect(await late.verify(seen)).toBeUndefined();
    expect(await late.verify(unseen)).toBeUndefined();
    answer = () => JSON.stringify({ keys: [jwk] });
    await late.stop();
  });

  it('rejects, and is not ready, while it never had a key', async () => {
    answer = () => 'no key set';
    const keyless = createVerifier({ ...settings, JWKS_URL: url }, logger, noRevocations);
    await expect(keyless.verify(sign())).rejects.toThrow('no key');
    expect(keyless.isReady()).toBe(false);
    answer = () => JSON.stringify({ keys: [jwk] });
    expect(await keyless.verify(sign())).toMatchObject({ userId: 7 });
    expect(keyless.isReady()).toBe(true);
    await keyless.stop();
  });
});

describe('a verifier with a shared secret', () => {
  const secret = '0123456789abcdef0123456789abcdef';

  it('verifies HS256', async () => {
    const verifier = createVerifier(
      { ...settings, ALGORITHM: 'HS256', SECRET_KEY: secret },
      logger,
      noRevocations,
    );
    const token = jwt.sign({ sid: 's', jti: 'j' }, secret, {
      algorithm: 'HS256',
      header: { alg: 'HS256', typ: 'at+jwt' },
      subject: '7',
      issuer: 'agora',
      audience: 'agora',
      expiresIn: 900,
    });
    expect(await verifier.verify(token)).toMatchObject({ userId: 7 });
    expect(await verifier.verify(sign())).toBeUndefined();
  });

  it('is refused in production unless it is allowed', () => {
    const shared = { ...settings, NODE_ENV: 'production', ALGORITHM: 'HS256', SECRET_KEY: secret } as const;
    expect(() => createVerifier(shared, logger, noRevocations)).toThrow(/HS256 is refused in production/);
    expect(() =>
      createVerifier({ ...shared, ALLOW_SHARED_SECRET: true }, logger, noRevocations),
    ).not.toThrow();
  });
});

describe('a verifier that accepts tokens of the replaced application', () => {
  const secret = 'abcdef0123456789abcdef0123456789';
  const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;
  const legacy = { LEGACY_SECRET_KEY: secret, LEGACY_TOKENS_UNTIL: new Date(Date.now() + 86_400_000) };
  const shared = { ...settings, ALGORITHM: 'HS256', SECRET_KEY: 'fedcba9876543210fedcba9876543210' } as const;
  const verifier = createVerifier({ ...shared, ...legacy }, logger, noRevocations);
  const old = (
    claims: object = {},
    header: object = {},
    key = secret,
    algorithm: 'HS256' | 'HS512' = 'HS256',
  ) =>
    jwt.sign({ user_id: 7, exp: inAnHour(), ...claims }, key, {
      algorithm,
      noTimestamp: true,
      header: { typ: 'JWT', alg: algorithm, ...header },
    });

  it('returns their user, until they expire', async () => {
    const exp = inAnHour();
    expect(await verifier.verify(old({ exp }))).toMatchObject({ userId: 7, expiresAt: exp });
    expect(await verifier.verify(old({ exp: Math.floor(Date.now() / 1000) - 1 }))).toBeUndefined();
  });

  it.each([
    ['signed with another secret', old({}, {}, shared.SECRET_KEY)],
    ['signed with another algorithm', old({}, {}, secret, 'HS512')],
    ['of another type', old({}, { typ: 'at+jwt' })],
    ['with another header', old({}, { kid: 'key-1' })],
    ['with another claim', old({ sub: '7' })],
    ['without an end', jwt.sign({ user_id: 7 }, secret, { noTimestamp: true })],
    ['of a user id that is none', old({ user_id: 0 })],
    ['of a user id in words', old({ user_id: '7' })],
    ['of a user id past all ids', old({ user_id: 2_147_483_648 })],
    [
      'that would be one of Agora',
      sign({
        key: createSecretKey(secret, 'utf8'),
        options: { algorithm: 'HS256' },
        header: { alg: 'HS256' },
      }),
    ],
  ])('refuses a token %s', async (_name, token) => {
    expect(await verifier.verify(token)).toBeUndefined();
  });

  it('refuses them from the date on, and when they are revoked', async () => {
    const past = { ...legacy, LEGACY_TOKENS_UNTIL: new Date(Date.now() - 1) };
    const revoked = { ...noRevocations, isRevoked: ({ userId }: { userId: number }) => userId === 7 };
    for (const late of [
      createVerifier({ ...shared, ...past }, logger, noRevocations),
      createVerifier({ ...shared, ...legacy }, logger, revoked),
      createVerifier(shared, logger, noRevocations),
    ])
      expect(await late.verify(old())).toBeUndefined();
  });

  it.each([
    [{ LEGACY_SECRET_KEY: secret }, '"LEGACY_TOKENS_UNTIL" is required'],
    [{ LEGACY_TOKENS_UNTIL: '2026-01-31' }, 'is of use only with LEGACY_SECRET_KEY'],
    [{ LEGACY_SECRET_KEY: 'short', LEGACY_TOKENS_UNTIL: '2026-01-31' }, 'at least 32 characters'],
    [
      {
        LEGACY_SECRET_KEY: '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
        LEGACY_TOKENS_UNTIL: '2026-01-31',
      },
      'printed in a tutorial',
    ],
    [
      { LEGACY_SECRET_KEY: secret, LEGACY_TOKENS_UNTIL: new Date(Date.now() + 8 * 86_400_000).toISOString() },
      'within 7 days',
    ],
  ])('is refused with %j', (given, message) => {
    const { error } = Joi.object(identitySettings).validate({ JWKS_URL: 'http://auth', ...given });
    expect(error?.message).toContain(message);
  });
});
