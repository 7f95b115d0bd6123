import { createHash, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** The key that a system signs access tokens with, so that nobody has to log in to be measured. */
export interface SigningKey {
  /** For the setting `SIGNING_KEY`. */
  pem: string;
  /** By which auth publishes it. */
  id: string;
  /** Further claims take the place of those that it has. */
  tokenFor(userId: number, claims?: Record<string, unknown>): string;
}

/** The longest life that a token may have, in minutes. */
export const tokenMinutes = 60;

/** Makes a key for ES256; its tokens are as auth would sign them (RFC 9068). */
export function makeSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  // The thumbprint of RFC 7638, by which auth publishes it.
  const keyid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return {
    id: keyid,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    tokenFor: (userId, claims = {}) =>
      jwt.sign({ sid: randomUUID(), ...claims }, privateKey, {
        algorithm: 'ES256',
        keyid,
        header: { alg: 'ES256', typ: 'at+jwt' },
        issuer: 'agora',
        audience: 'agora',
        subject: String(userId),
        jwtid: randomUUID(),
        expiresIn: tokenMinutes * 60,
      }),
  };
}
