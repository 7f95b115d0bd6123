import { createHash } from 'node:crypto';
import { tooMany } from '@agora/http';
import { addressNetworks } from '@agora/http/serve';
import { Counter, type Logger } from '@agora/process';
import type { Sequelize } from 'sequelize';
import type { Config } from '../config.js';
import { canonicalEmail } from '../email.js';
import { openLoginCounters, pairOf, type LoginCounters, type Who } from './login-counters.js';
import { orUnavailable } from './or-unavailable.js';

/** One try to log in, from the moment it was let through. */
interface LoginAttempt {
  /** The key of account and address together if they have logged in before; else undefined. */
  knownAs: string | undefined;
  /** Counts it as failed; throws a 429 when others that ran side by side have used up what the account may fail. */
  failed(userId: number | undefined): Promise<void>;
  /** Throws a 429 when what the account may fail was used up meanwhile; to be called before revealing anything that only the right password may reveal. */
  proceed(): Promise<void>;
  /** Forgets the account's failures; throws a 429 when the attempts were used up meanwhile, so that concurrent guesses reveal no more than as many in sequence. */
  succeeded(userId: number): Promise<void>;
}

/** Lets a try to log in through, or throws a 429 with `Retry-After`; a 503 when it cannot be counted. */
export type BeginLogin = (username: string, address: string) => Promise<LoginAttempt>;

const logins = new Counter({
  name: 'logins_total',
  help: 'Tries to log in, by what became of them: succeeded, failed or throttled',
  labelNames: ['outcome'],
});

/** Counts failed logins per account and per address, whether the account exists or not (docs/decisions/0009-login-throttling.md). */
export function countLogins(database: Sequelize, config: Config, logger: Logger): BeginLogin {
  const counters = openLoginCounters(database, config);
  return async (username, address) => {
    const who = { account: accountOf(username), networks: addressNetworks(address) };
    const audit = (outcome: 'succeeded' | 'failed' | 'throttled', userId?: number) => {
      logins.inc({ outcome });
      logger.info(
        {
          event: `login_${outcome}`,
          account: who.account.slice(0, 12),
          address: who.networks[0].network,
          ...(userId && { user_id: userId }),
        },
        'login attempt',
      );
    };
    const refuse = (milliseconds: number): never => {
      audit('throttled');
      const seconds = Math.ceil(milliseconds / 1_000);
      throw tooManyFailures(Math.max(1, seconds));
    };
    const check = () => checkTurn(counters, who, logger, refuse);
    const { isKnown } = await check();
    return {
      knownAs: isKnown ? pairOf(who) : undefined,
      async failed(userId) {
        const wait = await orUnavailable(counters.addFailure(who), logger);
        if (wait > 0) refuse(wait);
        audit('failed', userId);
      },
      async proceed() {
        await check();
      },
      async succeeded(userId) {
        await check();
        await orUnavailable(counters.forgetFailures(who), logger);
        audit('succeeded', userId);
      },
    };
  };
}

/** The identity of a login attempt as it is stored: never the account's address itself. */
const accountOf = (username: string): string =>
  createHash('sha256')
    .update(canonicalEmail(username) ?? username)
    .digest('base64url');

async function checkTurn(
  counters: LoginCounters,
  who: Who,
  logger: Logger,
  refuse: (milliseconds: number) => never,
): Promise<{ isKnown: boolean }> {
  const { wait, isKnown } = await orUnavailable(counters.turnOf(who), logger);
  if (wait > 0) refuse(wait);
  return { isKnown };
}

/** 429: too many failed logins for one account or from one address; try again after the given seconds. */
export const tooManyFailures = (retryAfter: number) =>
  tooMany('too_many_attempts', 'Too many failed logins. Try again later.', retryAfter);
