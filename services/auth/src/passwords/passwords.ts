import { isStorable, saidAs } from '@agora/http';
import bcrypt from 'bcrypt';
import Joi from 'joi';
import { isCommonPassword } from './common-passwords.js';
import type { Config } from '../config.js';
import { isArgon2, openEqualWork } from './equal-work.js';
import { openPlaces } from './places.js';

/** bcrypt reads no more than this many bytes, and would silently cut a longer password. */
const maxBytes = 72;

/** Hashes and compares passwords, a few at a time: each costs a core for a quarter of a second. */
export interface Passwords {
  hash(password: string, knownAs?: string): Promise<string>;
  /**
   * Whether the password is the one of the hash; without a hash, and for every other that does not match, false after the same work. `knownAs`
   * identifies a caller who has logged in before, for whom a place is reserved.
   */
  matches(password: string, hash: string | undefined, knownAs?: string): Promise<boolean>;
  /** Whether the hash is argon2 of the old application, or costs less than the settings ask for now. */
  isOutdated(hash: string): boolean;
  /** Reports that some accounts have this cost: timing must not reveal which ones. */
  raiseCost(cost: number): void;
  /** What a new password must be. */
  schema: Joi.StringSchema;
}

/** Password hashing with the settings' cost; when there is no place soon, it rejects with a 503. */
export async function openPasswords(config: Config): Promise<Passwords> {
  const places = openPlaces(config);
  const work = await openEqualWork(config.BCRYPT_COST);
  return {
    hash: (password, knownAs) =>
      places.take(() => bcrypt.hash(password.normalize('NFC'), config.BCRYPT_COST), knownAs),
    async matches(password, hash, knownAs) {
      for (const form of formsOf(password)) {
        const usable = isUsable(form);
        const same = await places.take(() => work.compare(usable ? form : 'x', hash), knownAs);
        if (same && usable) return true;
      }
      return false;
    },
    isOutdated: (hash) => isArgon2(hash) || bcrypt.getRounds(hash) < config.BCRYPT_COST,
    raiseCost: work.raise,
    schema: passwordSchema(config),
  };
}

/** What an old hash may have been made of, before passwords were normalised; ASCII has one form. */
const formsOf = (password: string): Set<string> =>
  new Set([password.normalize('NFC'), password, password.normalize('NFD')]);

const isUsable = (password: string) => isStorable(password) && Buffer.byteLength(password) <= maxBytes;

/** What a new password must be: as long as the settings ask for, in bytes of UTF-8, and none of the most common. */
export const passwordSchema = ({
  PASSWORD_MIN_LENGTH: minBytes,
  PASSWORD_BLOCKLIST,
}: Pick<Config, 'PASSWORD_MIN_LENGTH' | 'PASSWORD_BLOCKLIST'>) =>
  // Characters have one to four bytes.
  saidAs(Joi.string(), { format: 'password', minLength: Math.ceil(minBytes / 4), maxLength: maxBytes })
    .description(
      `${minBytes} to ${maxBytes} bytes of NFC-normalized UTF-8, without U+0000. The most common passwords are rejected.`,
    )
    .required()
    .custom((value: string, { error }) => {
      const form = value.normalize('NFC');
      if (!isUsable(form) || Buffer.byteLength(form) < minBytes) return error('password.bytes');
      if (PASSWORD_BLOCKLIST && isCommonPassword(form)) return error('password.common');
      return form;
    })
    .messages({
      'password.common': '{#label} is one of the most common passwords',
      'password.bytes': `{#label} must have ${minBytes} to ${maxBytes} bytes in UTF-8 (NFC) and no U+0000 or lone surrogate`,
    });
