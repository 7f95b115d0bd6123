import { createHash } from 'node:crypto';
import { tooMany } from '@agora/http';
import { addressBucket } from '@agora/http/serve';
import type { Logger, Rate } from '@agora/process';
import type { Sequelize } from 'sequelize';
import type { Config } from '../config.js';
import { openCounter } from './open-counter.js';
import { orUnavailable } from './or-unavailable.js';

/** Counts requests that send mail; each throws a 429 with `Retry-After` past its limit, a 503 when it cannot be counted. */
export interface CountMails {
  /** A reset for an e-mail address, known or not, from a client's address. */
  reset(email: string, clientAddress: string): Promise<void>;
  confirmation(userId: number): Promise<void>;
  emailChange(userId: number): Promise<void>;
}

/** Counts in the table of all replicas. */
export function countMails(database: Sequelize, config: Config, logger: Logger): CountMails {
  const limiter = (name: string, rate: Rate) => {
    const counter = openCounter(database, name, rate);
    return async (key: string | number) => {
      const { consumedPoints, msBeforeNext } = await orUnavailable(counter.penalty(key), logger);
      if (consumedPoints <= rate.limit) return;
      logger.info({ event: 'mails_throttled', limit: name }, 'mail request');
      throw tooManyMails(Math.max(1, Math.ceil(msBeforeNext / 1_000)));
    };
  };
  const resetsOfClient = limiter('reset-address', config.PASSWORD_RESETS_PER_ADDRESS);
  const resetsOfAccount = limiter('reset-account', config.PASSWORD_RESETS_PER_ACCOUNT);
  return {
    async reset(email, clientAddress) {
      await resetsOfClient(addressBucket(clientAddress));
      await resetsOfAccount(createHash('sha256').update(email).digest('base64url'));
    },
    confirmation: limiter('confirmation', config.CONFIRMATION_MAILS_PER_ACCOUNT),
    emailChange: limiter('email-change', config.EMAIL_CHANGES_PER_ACCOUNT),
  };
}

/** 429: too many mails were asked for; try again after the given seconds. */
export const tooManyMails = (retryAfter: number) =>
  tooMany('too_many_attempts', 'Too many mails requested. Try again later.', retryAfter);
