import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { SettingsError } from '@agora/process';
import type { Config } from '../config.js';
import { publicKeyOf, type PublicKey } from './key-pair.js';
import { keysOf, type Keys } from './keys.js';

type Settings = Pick<
  Config,
  'ALGORITHM' | 'SECRET_KEY' | 'SIGNING_KEY' | 'SIGNING_KEY_PREVIOUS' | 'JWKS_REFRESH_SECONDS'
>;

/** The shared secret of HS256: any key id finds it, and nothing is published. */
export function sharedKeys({ SECRET_KEY = '', JWKS_REFRESH_SECONDS }: Settings): Keys {
  const key = createSecretKey(SECRET_KEY, 'utf8');
  const keys = keysOf(async () => ({ active: { kid: 'shared', key }, accepted: [] }), JWKS_REFRESH_SECONDS);
  return { ...keys, find: async () => key };
}

/** The private key `SIGNING_KEY`, and `SIGNING_KEY_PREVIOUS`, which never signs; throws a SettingsError when one of them cannot be used. */
export function givenKeys(settings: Settings): Keys {
  const { ALGORITHM, SIGNING_KEY = '', SIGNING_KEY_PREVIOUS, JWKS_REFRESH_SECONDS } = settings;
  const key = parsePrivateKey(SIGNING_KEY);
  const signing = acceptKey('SIGNING_KEY', key, ALGORITHM);
  const accepted = [signing];
  if (SIGNING_KEY_PREVIOUS) {
    const previous = acceptKey('SIGNING_KEY_PREVIOUS', SIGNING_KEY_PREVIOUS, ALGORITHM);
    if (previous.kid === signing.kid)
      throw new SettingsError('SIGNING_KEY_PREVIOUS is the same key as SIGNING_KEY');
    accepted.push(previous);
  }
  return keysOf(async () => ({ active: { kid: signing.kid, key }, accepted }), JWKS_REFRESH_SECONDS);
}

function parsePrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new SettingsError('SIGNING_KEY is no unencrypted private key in PEM');
  }
}

function acceptKey(name: string, source: KeyObject | string, algorithm: string): PublicKey {
  const accepted = parsePublicKey(name, source, algorithm);
  if (!isStrongFor(algorithm, accepted.key)) throw new SettingsError(`${name} is no key for ${algorithm}`);
  if (publishedSamples.has(accepted.kid))
    throw new SettingsError(`${name} is a key that is printed in examples; make one of your own`);
  return accepted;
}

function parsePublicKey(name: string, source: KeyObject | string, algorithm: string): PublicKey {
  try {
    return publicKeyOf(source, algorithm);
  } catch {
    throw new SettingsError(`${name} is no key in PEM`);
  }
}

const isStrongFor = (algorithm: string, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject) =>
  algorithm === 'ES256'
    ? asymmetricKeyDetails?.namedCurve === 'prime256v1'
    : asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;

/** Thumbprints of key pairs that anybody can look up. */
const publishedSamples = new Set([
  'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U', // RFC 7515, appendix A.3
  'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s', // RFC 7517, appendix A.2, P-256
  'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', // RFC 7517, appendix A.2, RSA
  '19J8y7Zprt2-QKLjF2I5pVk0OELX6cY2AfaAv1LC_w8', // jwt.io, ES256
  'oGDmHqCJ7yzMkWEkrlZVHkvrHIyQwtlDmeq5ForUHeY', // jwt.io, RS256
]);
