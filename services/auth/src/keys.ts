import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { SettingsError } from '@agora/chassis';
import { inTransaction } from '@agora/database';
import type { KeySet } from '@agora/identity';
import type { Transaction } from 'sequelize';
import type { Config } from './config.js';
import { SigningKey } from './models/signing-key.js';

/** A key that access tokens are signed with; `publicJwk` is missing for a shared secret. */
interface ActiveKey {
  kid: string;
  key: KeyObject;
  publicJwk?: JsonWebKey;
}

/** The keys of auth: loaded, or made, when they are first asked for. */
export interface Keys {
  active(): Promise<ActiveKey>;
  /** What others verify tokens with, as a JWK Set (RFC 7517): public members only. */
  published(): Promise<{ keys: JsonWebKey[] }>;
}

/** The keys that the settings name: a shared secret, a private key given by file, or key pairs in the database. */
export function openKeys(config: Config): Keys {
  let active: Promise<ActiveKey> | undefined;
  const load = () => {
    active ??= loadKey(config);
    // What failed, for want of the database, is tried again at the next call.
    active.catch(() => (active = undefined));
    return active;
  };
  return {
    active: load,
    async published() {
      const { publicJwk } = await load();
      return { keys: publicJwk ? [publicJwk] : [] };
    },
  };
}

/** The same keys for verifying, without asking anybody. */
export const verificationKeys = (keys: Keys): KeySet => ({
  async find(kid) {
    const active = await keys.active();
    if (active.publicJwk === undefined) return active.key;
    return kid === active.kid ? createPublicKey(active.key) : undefined;
  },
  isLoaded: () => true,
  stop: async () => undefined,
});

async function loadKey(config: Config): Promise<ActiveKey> {
  if (config.ALGORITHM === 'HS256') {
    return { kid: 'shared', key: createSecretKey(config.SECRET_KEY ?? '', 'utf8') };
  }
  if (config.SIGNING_KEY) return givenKey(config.SIGNING_KEY, config.ALGORITHM);
  return inTransaction((transaction) => storedKey(config, transaction));
}

function givenKey(pem: string, algorithm: string): ActiveKey {
  const key = createPrivateKey(pem);
  const fits =
    algorithm === 'ES256' ? key.asymmetricKeyDetails?.namedCurve === 'prime256v1' : isStrongRsa(key);
  if (!fits) throw new SettingsError(`SIGNING_KEY is no key for ${algorithm}`);
  return activeKey(key, algorithm);
}

const isStrongRsa = (key: KeyObject) =>
  key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;

async function storedKey(config: Config, transaction: Transaction): Promise<ActiveKey> {
  const { ALGORITHM: algorithm, SIGNING_KEY_SECRET: passphrase = '' } = config;
  // Replicas that start together must not each make a key.
  await SigningKey.sequelize?.query(
    "SELECT pg_advisory_xact_lock(hashtextextended('auth.signing-keys', 0))",
    {
      transaction,
    },
  );
  const stored = await SigningKey.findOne({
    where: { algorithm },
    order: [['created_at', 'DESC']],
    transaction,
  });
  if (stored) return activeKey(decrypt(stored.encryptedPrivateKey, passphrase), algorithm);
  const made = activeKey(makePrivateKey(algorithm), algorithm);
  const encryptedPrivateKey = made.key
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString();
  await SigningKey.create(
    { kid: made.kid, algorithm, publicJwk: made.publicJwk, encryptedPrivateKey },
    { transaction },
  );
  return made;
}

function decrypt(encryptedPrivateKey: string, passphrase: string): KeyObject {
  try {
    return createPrivateKey({ key: encryptedPrivateKey, passphrase });
  } catch {
    throw new SettingsError('SIGNING_KEY_SECRET does not open the signing key in the database');
  }
}

function makePrivateKey(algorithm: string): KeyObject {
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
}

function activeKey(key: KeyObject, algorithm: string): ActiveKey {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { kid, key, publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' } };
}

/** The key id: the JWK thumbprint of RFC 7638, over the required members in their lexical order. */
function thumbprint({ crv, e, kty, n, x, y }: JsonWebKey): string {
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
