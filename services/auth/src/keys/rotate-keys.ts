import { inTransaction } from '@agora/database';
import { fn } from 'sequelize';
import type { KeysConfig } from '../config.js';
import { livesOf, type KeyLife } from './key-life.js';
import { decryptKey } from './key-pair.js';
import { SigningKey } from '../models/signing-key.js';
import { makeKey } from './reconcile-keys.js';

/** What was asked for must not be done; the message says why in one line. */
export class Refusal extends Error {}

/** What a command has done, and the keys that it leaves. */
export interface Outcome {
  message?: string;
  /** The key that it was about. */
  kid?: string;
  lives: KeyLife[];
}

/** All keys of the algorithm, retired ones too, oldest first. */
export async function listKeys(settings: KeysConfig): Promise<Outcome> {
  return { lives: livesNow(await SigningKey.of(settings.ALGORITHM, { withRetired: true }), settings) };
}

/** Creates the next signing key unless one is already waiting, so that it can be retried and two concurrent calls create one key. */
export async function rotateKeys(settings: KeysConfig): Promise<Outcome> {
  const made = await makeKey(settings);
  const done = await inTransaction(async (transaction) => {
    await SigningKey.takeTurn(transaction);
    const keys = await SigningKey.of(settings.ALGORITHM, { transaction });
    for (const { encryptedPrivateKey } of keys)
      decryptKey(encryptedPrivateKey ?? '', settings.SIGNING_KEY_SECRET ?? '');
    const waiting = livesNow(keys, settings).find(({ state }) => state === 'next')?.key;
    if (waiting)
      return { kid: waiting.kid, message: `${waiting.kid} is the next key already; no other was made` };
    await SigningKey.create(made, { transaction });
    return { kid: made.kid, message: `${made.kid} is the next key` };
  });
  return { ...done, ...(await listKeys(settings)) };
}

/** Ends a key at once, and all tokens that it signed. Throws a Refusal when there is no such key, or no other that could sign. */
export async function retireKey(kid: string, settings: KeysConfig): Promise<Outcome> {
  const message = await inTransaction(async (transaction) => {
    await SigningKey.takeTurn(transaction);
    const keys = await SigningKey.of(settings.ALGORITHM, { withRetired: true, transaction });
    const lives = livesNow(keys, settings);
    const found = lives.find(({ key }) => key.kid === kid);
    if (!found) throw new Refusal(`there is no key ${kid}`);
    if (found.key.retiredAt) return `${kid} is retired already`;
    const successor = successorOf(found, lives);
    if (successor?.state === 'next') await successor.key.update({ activatesAt: fn('now') }, { transaction });
    await SigningKey.retire([kid], transaction);
    return successor ? `${kid} is retired; ${successor.key.kid} signs from now on` : `${kid} is retired`;
  });
  return { kid, message, ...(await listKeys(settings)) };
}

/** The key that signs instead: the previous one, which all verifiers know, or else the next one, sooner than planned. */
function successorOf(leaving: KeyLife, lives: KeyLife[]): KeyLife | undefined {
  const others = lives.filter((life) => life !== leaving);
  if (others.some(({ state }) => state === 'active')) return undefined;
  const successor =
    others.findLast(({ state }) => state === 'retiring') ?? others.find(({ state }) => state === 'next');
  if (successor) return successor;
  throw new Refusal(`${leaving.key.kid} is the only key that can sign; make another one first with "rotate"`);
}

const livesNow = (keys: SigningKey[], { ACCESS_TOKEN_EXPIRE_MINUTES: minutes }: KeysConfig) =>
  livesOf(keys, keys[0]?.readAt ?? new Date(), minutes);
