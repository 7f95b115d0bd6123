import { randomBytes } from 'node:crypto';
import { isStorable, saidAs, unavailable } from '@agora/chassis';
import { verify as verifyArgon2 } from '@node-rs/argon2';
import bcrypt from 'bcrypt';
import Joi from 'joi';
import pLimit from 'p-limit';
import { isCommonPassword } from './common-passwords.js';
import type { Config } from '../config.js';

/** Whoever has waited this long for a turn is told to come again: an answer takes no more than 2 s. */
const waitMilliseconds = 1_500;

/** bcrypt reads no more than this many bytes, and would silently cut a longer password. */
const maxBytes = 72;

/** Hashes and compares passwords, a few at a time: each costs a core for a quarter of a second. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether the password is the one of the hash; without a hash, false after the same work. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
  /** Whether the hash is argon2 of the old application, or costs less than the settings ask for now. */
  isOutdated(hash: string): boolean;
  /** What a new password must be. */
  schema: Joi.StringSchema;
}

/** Password hashing with the settings' cost; past its queue, or after a wait of 1.5 s in it, it rejects with a 503. */
export async function openPasswords(config: Config): Promise<Passwords> {
  const limit = pLimit(config.BCRYPT_CONCURRENCY);
  const nobodysHash = await bcrypt.hash(randomBytes(32).toString('base64'), config.BCRYPT_COST);
  const queued = <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (limit.pendingCount >= config.BCRYPT_QUEUE_LIMIT) throw overloaded();
    const since = performance.now();
    return limit(() => {
      if (performance.now() - since > waitMilliseconds) throw overloaded();
      return work();
    });
  };
  return {
    hash: (password) => queued(() => bcrypt.hash(password, config.BCRYPT_COST)),
    async matches(password, hash) {
      const usable = isUsable(password);
      const compare = isArgon2(hash) ? verifyArgon2 : compareBcrypt;
      const same = await queued(() => compare(hash ?? nobodysHash, usable ? password : 'x'));
      return same && usable && hash !== undefined;
    },
    isOutdated: (hash) => isArgon2(hash) || bcrypt.getRounds(hash) < config.BCRYPT_COST,
    schema: passwordSchema(config),
  };
}

const isArgon2 = (hash = '') => hash.startsWith('$argon2');
const compareBcrypt = (hash: string, password: string) => bcrypt.compare(password, hash);
/** 503: more passwords wait than can be hashed soon. */
export const overloaded = () =>
  unavailable('Too many logins and registrations are under way.', 1, 'overloaded');

const isUsable = (password: string) => isStorable(password) && Buffer.byteLength(password) <= maxBytes;

/** What a new password must be: as long as the settings ask for, in bytes of UTF-8, and none of the most common. */
export const passwordSchema = ({
  PASSWORD_MIN_LENGTH: minBytes,
  PASSWORD_BLOCKLIST,
}: Pick<Config, 'PASSWORD_MIN_LENGTH' | 'PASSWORD_BLOCKLIST'>) =>
  // Characters have one to four bytes, so of the limits only the upper one is the same for both.
  saidAs(Joi.string(), { format: 'password', maxLength: maxBytes })
    .description(
      `${minBytes} to ${maxBytes} bytes in UTF-8, without U+0000; none of the most common passwords.`,
    )
    .required()
    .custom((value: string, { error }) => {
      if (!isUsable(value) || Buffer.byteLength(value) < minBytes) return error('password.bytes');
      if (PASSWORD_BLOCKLIST && isCommonPassword(value)) return error('password.common');
      return value;
    })
    .messages({
      'password.common': '{#label} is one of the most common passwords',
      'password.bytes': `{#label} must have ${minBytes} to ${maxBytes} bytes in UTF-8 and no U+0000 or lone surrogate`,
    });
