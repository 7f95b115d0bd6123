import { unavailable } from '@agora/http';
import pLimit from 'p-limit';
import type { Config } from '../config.js';

/** A request that has waited this long for its turn is answered 503: no answer may take more than 2 s. */
const waitMilliseconds = 1_500;
/** How long after a known caller's request half of the places stay reserved for known callers. */
const keptMilliseconds = 60_000;

/** The places at which passwords are hashed: each takes a core for a quarter of a second. */
export interface Places {
  /**
   * Runs `work` when a place is free. `knownAs` identifies a caller who has logged in before: these callers have reserved places, though
   * only one at a time. Past its queue, or after a wait of 1.5 s in it, rejects with a 503.
   */
  take<Result>(work: () => Promise<Result>, knownAs?: string): Promise<Result>;
}

/** Opens as many places as the settings say. */
export function openPlaces({
  BCRYPT_CONCURRENCY: places,
  BCRYPT_QUEUE_LIMIT: queueLimit,
}: Pick<Config, 'BCRYPT_CONCURRENCY' | 'BCRYPT_QUEUE_LIMIT'>): Places {
  const half = Math.max(1, Math.floor(places / 2));
  const known = pLimit(Math.max(1, places - half));
  const strangers = pLimit(places);
  const underWay = new Map<string, number>();
  let release: NodeJS.Timeout | undefined;

  const keepHalf = () => {
    strangers.concurrency = half;
    clearTimeout(release);
    release = setTimeout(() => (strangers.concurrency = places), keptMilliseconds);
    release.unref();
  };
  const wait = <Result>(queue: typeof known, work: () => Promise<Result>): Promise<Result> => {
    if (queue.activeCount >= queue.concurrency && queue.pendingCount >= queueLimit) throw overloaded();
    const since = performance.now();
    return queue(() => {
      if (performance.now() - since > waitMilliseconds) throw overloaded();
      return work();
    });
  };
  return {
    async take(work, knownAs) {
      if (knownAs === undefined) return wait(strangers, work);
      keepHalf();
      const before = underWay.get(knownAs) ?? 0;
      underWay.set(knownAs, before + 1);
      try {
        // An attempt queues behind waiting ones for the same name: the last of a burst of guesses must not overtake the rest.
        return await wait(before === 0 ? known : strangers, work);
      } finally {
        const left = (underWay.get(knownAs) ?? 1) - 1;
        if (left === 0) underWay.delete(knownAs);
        else underWay.set(knownAs, left);
      }
    },
  };
}

/** 503: more passwords wait than can be hashed soon. */
export const overloaded = () =>
  unavailable('Too many logins and registrations are in progress. Try again shortly.', 1, 'overloaded');
