import { generateKeyPairSync, type KeyObject } from 'node:crypto';

export const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A pair of keys for ES256, or of another curve, both in PEM. */
export const makeKey = (namedCurve = 'P-256') => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    pem: pemOf(privateKey),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};
