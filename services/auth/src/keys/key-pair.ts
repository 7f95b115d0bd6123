import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SettingsError } from '@agora/process';

const generate = promisify(generateKeyPair);

/** A public key that tokens are accepted of, and the form in which it is published (RFC 7517). */
export interface PublicKey {
  kid: string;
  key: KeyObject;
  jwk: JsonWebKey;
}

/** Makes a private key for ES256 or RS256. */
export const makePrivateKey = async (algorithm: string): Promise<KeyObject> =>
  algorithm === 'ES256'
    ? (await generate('ec', { namedCurve: 'P-256' })).privateKey
    : (await generate('rsa', { modulusLength: 3072 })).privateKey;

/** The public half of a private key, or what is in a PEM or JWK: only public members get through. */
export function publicKeyOf(source: KeyObject | string | JsonWebKey, algorithm: string): PublicKey {
  const key =
    typeof source === 'object' && 'kty' in source
      ? createPublicKey({ key: source, format: 'jwk' })
      : createPublicKey(source as KeyObject | string);
  const jwk = key.export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { kid, key, jwk: { ...jwk, kid, alg: algorithm, use: 'sig' } };
}

/** The private key as PKCS #8 in PEM, encrypted. */
export const encryptKey = (key: KeyObject, passphrase: string): string =>
  key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();

/** The reverse of `encryptKey`; throws a SettingsError when the secret is another one. */
export function decryptKey(pem: string, passphrase: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch {
    throw new SettingsError('SIGNING_KEY_SECRET does not open the signing key in the database');
  }
}

/** The key id: the JWK thumbprint of RFC 7638, over the required members in their lexical order. */
function thumbprint({ crv, e, kty, n, x, y }: JsonWebKey): string {
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
