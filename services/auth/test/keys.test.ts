import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { httpClient, join, query, startAgora, type Agora } from '@agora/testing';

interface KeySet {
  keys: Record<string, string>[];
}

describe('the signing key', () => {
  let agora: Agora;
  afterEach(() => agora.stop());
  const keySet = async () => {
    const { headers, body } = await httpClient(agora.process('auth').url)('GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    return body as unknown as KeySet;
  };

  it('is published without its private members, and encrypted where it is kept', async () => {
    agora = await startAgora(['auth'], { algorithm: 'ES256' });
    const { keys } = await keySet();
    expect(keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        kid: expect.any(String),
        x: expect.any(String),
        y: expect.any(String),
      },
    ]);
    const stored = await query<{ encrypted_private_key: string }>(
      'SELECT encrypted_private_key FROM auth.signing_keys',
    );
    for (const { encrypted_private_key: pem } of stored)
      expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  });

  it('outlives a restart, and so do the tokens it signed', async () => {
    agora = await startAgora(['auth'], { algorithm: 'ES256' });
    const ask = httpClient(agora.process('auth').url);
    const ann = await join(ask);
    const before = await keySet();
    await agora.process('auth').end('SIGKILL');
    await agora.process('auth').restart();
    expect(await keySet()).toEqual(before);
    expect((await ask('GET', '/users/me', { token: ann.token })).status).toBe(200);
  });

  it('may be given, of RSA too', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    agora = await startAgora(['auth'], { environment: { ALGORITHM: 'RS256', SIGNING_KEY: pem } });
    const ask = httpClient(agora.process('auth').url);
    const ann = await join(ask);
    expect((await keySet()).keys).toEqual([expect.objectContaining({ kty: 'RSA', alg: 'RS256' })]);
    expect((await ask('GET', '/users/me', { token: ann.token })).status).toBe(200);
  });

  it('is nowhere to be seen with a shared secret', async () => {
    agora = await startAgora(['auth'], { algorithm: 'HS256' });
    expect(await keySet()).toEqual({ keys: [] });
  });
});

describe('auth with unusable settings', () => {
  it.each([
    [{ BCRYPT_COST: '4' }, 'BCRYPT_COST'],
    [{ DATABASE_PASSWORD: '' }, 'DATABASE_PASSWORD is required'],
    [{ ALGORITHM: 'HS256', SECRET_KEY: 'short' }, 'SECRET_KEY must have at least 32 characters'],
    [{ ALGORITHM: 'none' }, 'ALGORITHM'],
    [{ ALGORITHM: 'ES256', SIGNING_KEY_SECRET: '' }, 'SIGNING_KEY_SECRET'],
  ])('ends at once with one clear line for %j', async (environment, reason) => {
    await expect(startAgora(['auth'], { environment })).rejects.toThrow(reason);
  });
});
