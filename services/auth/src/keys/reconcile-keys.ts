import { inTransaction } from '@agora/database';
import { fn, literal, type Transaction } from 'sequelize';
import type { Config, KeysConfig } from '../config.js';
import { livesOf } from './key-life.js';
import { encryptKey, makePrivateKey, publicKeyOf } from './key-pair.js';
import { SigningKey } from '../models/signing-key.js';

type Settings = Pick<
  Config,
  'ALGORITHM' | 'SIGNING_KEY_SECRET' | 'ACCESS_TOKEN_EXPIRE_MINUTES' | 'KEY_ACTIVATION_DELAY_SECONDS'
>;

/** The keys that are not retired, after what is due has been done: a first one made, new ones given the time at which they begin to sign, old ones retired. */
export async function reconcileKeys(settings: Settings): Promise<SigningKey[]> {
  const keys = await SigningKey.of(settings.ALGORITHM);
  if (isSettled(keys, settings)) return keys;
  // Made before it is our turn: an RSA key takes its time.
  const first = keys.length === 0 ? await makeKey(settings) : undefined;
  return inTransaction(async (transaction) => {
    await SigningKey.takeTurn(transaction);
    const locked = await SigningKey.of(settings.ALGORITHM, { transaction });
    if (first && locked.length === 0) await SigningKey.create(first, { transaction });
    await beginNewKeys(locked, settings, transaction);
    await SigningKey.retire(kidsPastTheirTime(locked, settings), transaction);
    return SigningKey.of(settings.ALGORITHM, { transaction });
  });
}

/** Makes a key to be stored; the next auth that reads it publishes it. */
export async function makeKey({
  ALGORITHM: algorithm,
  SIGNING_KEY_SECRET: secret = '',
}: Pick<KeysConfig, 'ALGORITHM' | 'SIGNING_KEY_SECRET'>) {
  const privateKey = await makePrivateKey(algorithm);
  const { kid, jwk: publicJwk } = publicKeyOf(privateKey, algorithm);
  return {
    kid,
    algorithm,
    publicJwk,
    encryptedPrivateKey: encryptKey(privateKey, secret),
    createdAt: fn('now'),
  };
}

const isSettled = (keys: SigningKey[], settings: Settings) =>
  keys.length > 0 &&
  keys.every(({ activatesAt }) => activatesAt) &&
  kidsPastTheirTime(keys, settings).length === 0;

const kidsPastTheirTime = (keys: SigningKey[], { ACCESS_TOKEN_EXPIRE_MINUTES: minutes }: Settings) =>
  livesOf(keys, keys[0]?.readAt ?? new Date(), minutes)
    .filter(({ state }) => state === 'retired')
    .map(({ key }) => key.kid);

/** Counted from when an auth has it, not from when it was made: none may have run meanwhile. Where nothing signs, nobody waits. */
async function beginNewKeys(
  keys: SigningKey[],
  { ALGORITHM: algorithm, KEY_ACTIVATION_DELAY_SECONDS: delay }: Settings,
  transaction: Transaction,
): Promise<void> {
  const lives = livesOf(keys, keys[0]?.readAt ?? new Date(), 0);
  const isSigning = lives.some(({ state }) => state === 'active');
  await SigningKey.update(
    { activatesAt: isSigning ? literal(`now() + interval '${Number(delay)} seconds'`) : fn('now') },
    { where: { algorithm, activatesAt: null, retiredAt: null }, transaction },
  );
}
