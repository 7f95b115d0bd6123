import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@agora/chassis';
import jwt, { type SignOptions } from 'jsonwebtoken';
import { createVerifier, type IdentitySettings, type Verifier } from '../src/index.js';

const logger = createLogger('test', 'silent');
const noRevocations = { isRevoked: () => false, isComplete: () => true };
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

  it('names the caller of a good token', async () => {
    expect(await verifier.verify(sign())).toMatchObject({ userId: 7, sessionId: 's' });
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

  it('sees a cached token expire', async () => {
    const token = sign({ claims: { exp: now + 30 } });
    expect(await verifier.verify(token)).toBeDefined();
    const realNow = Date.now;
    Date.now = () => realNow() + 60_000;
    try {
      expect(await verifier.verify(token)).toBeUndefined();
    } finally {
      Date.now = realNow;
    }
  });

  it('asks for the keys of unknown ids at most once in 30 s', async () => {
    await verifier.verify(sign({ header: { kid: 'unknown-1' } }));
    const before = fetched;
    for (let id = 2; id < 10; id += 1) await verifier.verify(sign({ header: { kid: `unknown-${id}` } }));
    expect(fetched).toBe(before);
  });

  it('refuses what a key has signed, seen before or not, once a fetched set lacks that key', async () => {
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
