import { tooMany } from '@agora/http';
import type { Context } from 'koa';
import { countByKey, type Usage } from './count-by-key.js';
import { policyNames, weighing, type PolicyName, type Rates } from './policies.js';

/** Bounds the memory: some tens of megabytes when every policy has as many. */
const maxKeys = 50_000;

/** One key of a policy and how many points it has used. */
export interface Count {
  policy: PolicyName;
  key: string;
  points: number;
}

/** Counts requests and refuses what is too much. */
export interface Limiter {
  /**
   * Counts a request by one key in some policies and sets the rate limit headers; throws a 429 past one of their limits. It counts `cost` points in
   * the policy that weighs, and one in the others.
   */
  count(ctx: Context, policies: readonly PolicyName[], key: string, cost: number): Promise<void>;
  /** Counts what turned out only later, or lasts. */
  charge(policy: PolicyName, key: string, points: number): Promise<void>;
  /** Adds what another replica has counted. */
  add(counts: readonly Count[]): Promise<void>;
}

/** Makes a limiter; `onCount` is called with all that it counts itself. */
export function createLimiter(rates: Rates, onCount: (count: Count) => void = () => undefined): Limiter {
  const counters = new Map(policyNames.map((name) => [name, countByKey(rates[name], maxKeys)]));
  const add = async ({ policy, key, points }: Count): Promise<Usage> =>
    (await counters.get(policy)?.(key, points)) ?? { used: 0, milliseconds: 0 };

  const addOwn = (count: Count): Promise<Usage> => {
    onCount(count);
    return add(count);
  };

  return {
    async count(ctx, policies, key, cost) {
      if (policies.length === 0) return;
      const usages = await Promise.all(
        policies.map(async (policy) => {
          const points = weighing.has(policy) ? cost : 1;
          return { policy, ...(await addOwn({ policy, key, points })) };
        }),
      );
      ctx.set('RateLimit-Policy', usages.map(({ policy }) => describePolicy(policy, rates)).join(', '));
      ctx.set('RateLimit', usages.map((usage) => describeUsage(usage, rates)).join(', '));
      const exceeded = usages.filter(({ policy, used }) => used > rates[policy].limit);
      if (exceeded.length === 0) return;
      const seconds = Math.max(...exceeded.map(secondsLeft));
      throw rateLimited(Math.max(1, seconds));
    },
    async charge(policy, key, points) {
      if (points > 0) await addOwn({ policy, key, points });
    },
    async add(counts) {
      for (const count of counts) await add(count);
    },
  };
}

/** 429: too many requests of one user or address; try again after the given seconds. */
export const rateLimited = (retryAfter: number) =>
  tooMany('rate_limited', 'Too many requests. Try again later.', retryAfter);

/** Structured fields of draft-ietf-httpapi-ratelimit-headers-10: quota and window, then what remains and for how long. */
const describePolicy = (policy: PolicyName, rates: Rates): string =>
  `"${policy}";q=${rates[policy].limit};w=${rates[policy].seconds}`;

const describeUsage = (usage: Usage & { policy: PolicyName }, rates: Rates): string =>
  `"${usage.policy}";r=${Math.max(0, rates[usage.policy].limit - usage.used)};t=${secondsLeft(usage)}`;

const secondsLeft = ({ milliseconds }: Usage): number => Math.ceil(milliseconds / 1_000);
