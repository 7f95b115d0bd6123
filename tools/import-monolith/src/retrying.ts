import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable } from '@agora/database';
import type { Out } from '@agora/progress';
import { isSourceAway } from './source.js';

const longestPause = 10_000;

/** Retries atomic work until it succeeds, with growing pauses while a database does not answer, until `stop` aborts. */
export async function retrying<Result>(
  stop: AbortSignal,
  out: Out,
  work: () => Promise<Result>,
  failed: () => void = () => undefined,
): Promise<Result> {
  for (let pause = 250; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseUnavailable(error) && !isSourceAway(error)) throw error;
      failed();
      out.write(`a database does not answer in time; trying again in ${(pause / 1_000).toFixed(1)} s\n`);
      await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
      stop.throwIfAborted();
    }
  }
}
