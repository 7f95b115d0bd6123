import type { Network } from '@agora/http/serve';
import { defineStatement, sql } from '@agora/database';
import type { Sequelize } from 'sequelize';
import type { Config } from '../config.js';
import { openCounter } from './open-counter.js';

const daySeconds = 86_400;
/** How long an address from which a user logged in counts as theirs. */
const knownSeconds = 30 * daySeconds;

/** An account, hashed, and the networks of a client's address, the narrowest first. */
export interface Who {
  account: string;
  networks: readonly [Network, ...Network[]];
}

interface Turn {
  /** For how many milliseconds this account may not be tried from this address; 0 when it may. */
  wait: number;
  /** Whether this account has logged in from this address before. */
  isKnown: boolean;
}

/** What the replicas have counted together. */
export interface LoginCounters {
  turnOf(who: Who): Promise<Turn>;
  /** Counts a failure; returns the milliseconds to wait if the account and address together are over their limit. */
  addFailure(who: Who): Promise<number>;
  /** Forgets the failures of the account, though not those of other addresses, and remembers the address as its owner's. */
  forgetFailures(who: Who): Promise<void>;
}

/** Opens the counters with the limits of the settings. */
export function openLoginCounters(database: Sequelize, config: Config): LoginCounters {
  const perAccount = config.LOGIN_FAILURES_PER_ACCOUNT;
  const perAddress = config.LOGIN_FAILURES_PER_ADDRESS;
  const addresses = openCounter(database, 'login-address', perAddress);
  const accounts = openCounter(database, 'login-account', perAccount);
  const pairs = openCounter(database, 'login-pair', perAccount);
  const locks = openCounter(database, 'login-locks', { limit: 1, seconds: daySeconds });
  const known = openCounter(database, 'login-known', { limit: 1, seconds: knownSeconds });

  return {
    async turnOf(who) {
      const pairKey = pairOf(who);
      const names = who.networks.map(({ network }) => addresses.getKey(network));
      const counted = await readCounters([
        accounts.getKey(who.account),
        pairs.getKey(pairKey),
        known.getKey(pairKey),
        ...names,
      ]);
      const [account, pair, owner, ...networks] = counted;
      const isKnown = owner !== undefined;
      const waits = [0];
      for (const [index, network] of networks.entries()) {
        // Known users are delayed by their own failures, not by a neighbour's.
        const times = who.networks[index]?.times ?? 1;
        if (network && !(isKnown && times > 1) && network.points >= perAddress.limit * times)
          waits.push(network.wait);
      }
      if (pair && pair.points >= perAccount.limit) waits.push(pair.wait);
      if (account && !isKnown) {
        if (account.points >= config.LOGIN_FAILURES_CEILING) waits.push(account.wait);
        // Failures from elsewhere leave an address one attempt: it may be the owner's.
        else if (pair && account.points >= perAccount.limit) waits.push(Math.min(account.wait, pair.wait));
      }
      return { wait: Math.max(...waits), isKnown };
    },
    async addFailure(who) {
      const pairKey = pairOf(who);
      const [pair] = await Promise.all([
        pairs.penalty(pairKey),
        accounts.penalty(who.account),
        ...who.networks.map(({ network }) => addresses.penalty(network)),
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
      const pairKey = pairOf(who);
      await Promise.all([
        pairs.delete(pairKey),
        locks.delete(pairKey),
        accounts.delete(who.account),
        known.set(pairKey, 1, knownSeconds),
      ]);
    },
  };
}

/** An account together with the narrowest network of a client. */
export const pairOf = ({ account, networks: [{ network }] }: Who): string => `${account}:${network}`;

interface Counted {
  points: number;
  /** Milliseconds until it expires. */
  wait: number;
}

/** Several counters in one statement, each undefined where nothing counts. */
async function readCounters(keys: string[]): Promise<(Counted | undefined)[]> {
  const rows = await sql<{ key: string; points: number; expire: string }>(readByKeys, [keys, Date.now()]);
  const found = new Map(rows.map((row) => [row.key, row]));
  return keys.map((key) => {
    const row = found.get(key);
    return row && { points: row.points, wait: Number(row.expire) - Date.now() };
  });
}

const readByKeys = defineStatement(
  'read-login-counters',
  'SELECT key, points, expire FROM rate_limits WHERE key = ANY($1) AND expire > $2',
  { prepared: true },
);
