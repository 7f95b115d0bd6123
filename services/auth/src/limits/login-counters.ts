import type { Sequelize } from 'sequelize';
import type { Config } from '../config.js';
import { openCounter } from './open-counter.js';

const daySeconds = 86_400;
/** An address from which somebody logged in is theirs for so long. */
const knownSeconds = 30 * daySeconds;

/** An account, hashed, and the bucket of a client's address. */
interface Who {
  account: string;
  address: string;
}

/** What the replicas have counted together. */
export interface LoginCounters {
  /** For how many milliseconds this account may not be tried from this address; 0 when it may. */
  waitFor(who: Who): Promise<number>;
  /** Counts a failure; returns the milliseconds to wait if it is one more than the account and the address may have together. */
  addFailure(who: Who): Promise<number>;
  /** Forgets the failures of the account, though not those of other addresses, and remembers the address as its owner's. */
  forgetFailures(who: Who): Promise<void>;
}

/** Opens the counters with the limits of the settings. */
export function openLoginCounters(database: Sequelize, config: Config): LoginCounters {
  const perAccount = config.LOGIN_FAILURES_PER_ACCOUNT;
  const perAddress = config.LOGIN_FAILURES_PER_ADDRESS;
  const day = { limit: 1, seconds: daySeconds };
  const addresses = openCounter(database, 'login-address', perAddress);
  const accounts = openCounter(database, 'login-account', perAccount);
  const pairs = openCounter(database, 'login-pair', perAccount);
  const locks = openCounter(database, 'login-locks', day);
  const known = openCounter(database, 'login-known', { limit: 1, seconds: knownSeconds });

  return {
    async waitFor(who) {
      const pairKey = keyOf(who);
      const [address, account, pair, isKnown] = await Promise.all([
        addresses.get(who.address),
        accounts.get(who.account),
        pairs.get(pairKey),
        known.get(pairKey),
      ]);
      const waits = [0];
      if (address && address.consumedPoints >= perAddress.limit) waits.push(address.msBeforeNext);
      if (pair && pair.consumedPoints >= perAccount.limit) waits.push(pair.msBeforeNext);
      if (account && !isKnown) {
        if (account.consumedPoints >= config.LOGIN_FAILURES_CEILING) waits.push(account.msBeforeNext);
        // Failures elsewhere leave an address one try: the owner's, for all that is known.
        else if (pair && account.consumedPoints >= perAccount.limit)
          waits.push(Math.min(account.msBeforeNext, pair.msBeforeNext));
      }
      return Math.max(...waits);
    },
    async addFailure(who) {
      const pairKey = keyOf(who);
      const [pair] = await Promise.all([
        pairs.penalty(pairKey),
        accounts.penalty(who.account),
        addresses.penalty(who.address),
      ]);
      if (pair.consumedPoints > perAccount.limit) return pair.msBeforeNext;
      // Of failures side by side exactly one is the last that is allowed.
      if (pair.consumedPoints === perAccount.limit) {
        const { consumedPoints: lockNumber } = await locks.penalty(pairKey);
        const seconds = Math.min(perAccount.seconds * 2 ** (lockNumber - 1), daySeconds);
        await pairs.set(pairKey, perAccount.limit, seconds);
      }
      return 0;
    },
    async forgetFailures(who) {
      const pairKey = keyOf(who);
      await Promise.all([
        pairs.delete(pairKey),
        locks.delete(pairKey),
        accounts.delete(who.account),
        known.set(pairKey, 1, knownSeconds),
      ]);
    },
  };
}

const keyOf = ({ account, address }: Who): string => `${account}:${address}`;
