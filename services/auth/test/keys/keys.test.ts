import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { httpClient, join, query, startAgora, type Agora } from '@agora/testing';
import { makeKey } from './make-key.js';

interface KeySet {
  keys: Record<string, string>[];
}

describe('the signing key', () => {
  let agora: Agora;
  afterEach(() => agora.stop());
  const keySet = async () => {
    const { headers, body } = await httpClient(agora.process('auth').url)('GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    return body as unknown as KeySet;
  };

  it('is published without its private members, and stored encrypted', async () => {
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

  it('survives a restart, as do the tokens it signed', async () => {
    agora = await startAgora(['auth'], { algorithm: 'ES256' });
    const ask = httpClient(agora.process('auth').url);
    const ann = await join(ask);
    const before = await keySet();
    await agora.process('auth').end('SIGKILL');
    await agora.process('auth').restart();
    expect(await keySet()).toEqual(before);
    expect((await ask('GET', '/users/me', { token: ann.token })).status).toBe(200);
  });

  it('can be given by a setting, also as an RSA key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    agora = await startAgora(['auth'], { environment: { ALGORITHM: 'RS256', SIGNING_KEY: pem } });
    const ask = httpClient(agora.process('auth').url);
    const ann = await join(ask);
    expect((await keySet()).keys).toEqual([expect.objectContaining({ kty: 'RSA', alg: 'RS256' })]);
    expect((await ask('GET', '/users/me', { token: ann.token })).status).toBe(200);
  });

  it('can be given with a second one, which is published and accepted but never signs', async () => {
    const [one, other] = [makeKey(), makeKey()];
    const environment = { ALGORITHM: 'ES256', SIGNING_KEY: one.pem, SIGNING_KEY_PREVIOUS: other.publicPem };
    agora = await startAgora(['auth'], { environment });
    const ann = await join(httpClient(agora.process('auth').url));
    const [first, second] = (await keySet()).keys;
    await agora.stop();

    const swapped = { ALGORITHM: 'ES256', SIGNING_KEY: other.pem, SIGNING_KEY_PREVIOUS: one.pem };
    agora = await startAgora(['auth'], { environment: swapped });
    const { keys } = await keySet();
    expect(keys).toEqual([second, first]);
    expect(keys.map((key) => key.d)).toEqual([undefined, undefined]);
    const ask = httpClient(agora.process('auth').url);
    expect((await ask('GET', '/users/me', { token: ann.token })).status).toBe(200);
  });

  it('is not published with a shared secret', async () => {
    agora = await startAgora(['auth'], { algorithm: 'HS256' });
    expect(await keySet()).toEqual({ keys: [] });
  });
});
