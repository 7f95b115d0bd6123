import type { Rate } from '@agora/process';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** How much of a rate a key has used. */
export interface Usage {
  used: number;
  /** Until the key counts from zero again. */
  milliseconds: number;
}

/** Adds to what a key has used and returns the sum. */
export type CountByKey = (key: string, points: number) => Promise<Usage>;

/** Counts by key in the memory of this process; past `maxKeys` it forgets the key that it has counted longest, whose time is over first. */
export function countByKey({ limit, seconds }: Rate, maxKeys: number): CountByKey {
  const limiter = new RateLimiterMemory({ points: limit, duration: seconds });
  /** In the order in which their time began. */
  const keys = new Set<string>();
  const remember = async (key: string) => {
    keys.delete(key);
    keys.add(key);
    if (keys.size <= maxKeys) return;
    for (const oldest of keys) {
      keys.delete(oldest);
      await limiter.delete(oldest);
      return;
    }
  };
  return async (key, points) => {
    const { consumedPoints, msBeforeNext, isFirstInDuration } = await limiter.penalty(key, points);
    if (isFirstInDuration) await remember(key);
    return { used: consumedPoints, milliseconds: msBeforeNext };
  };
}
