import type { Logger } from './logger.js';
import { delay, every, stalledLoops } from './loops.js';
import type { Stoppable } from './run-process.js';

/** How long a loop may stall before the process should be restarted. */
const patienceMilliseconds = 60_000;

interface Watching extends Stoppable {
  /** False when a vital loop has stalled for too long although its dependencies answered. */
  isGood(): boolean;
}

/** Watches the vital loops of this process and logs the ones that stall. */
export function watchLoops(
  logger: Logger,
  dependenciesAnswer: () => Promise<boolean> | boolean,
  patience = patienceMilliseconds,
): Watching {
  const interval = patience / 12;
  let checkedAt = performance.now();
  let answeringSince = checkedAt;
  const watching = every(
    'watch over the loops',
    interval,
    async () => {
      const late = delay(interval).then(() => false);
      const answered = await Promise.race([dependenciesAnswer(), late]);
      const now = performance.now();
      // After the process was frozen, every loop looks stalled.
      if (!answered || now - checkedAt > 3 * interval) answeringSince = now;
      checkedAt = now;
    },
    { logger },
  );
  return {
    isGood() {
      const stalled = stalledLoops(patience);
      const now = performance.now();
      const excused = now - checkedAt > 3 * interval || now - answeringSince < patience;
      if (stalled.length === 0 || excused) return true;
      logger.error(
        { loops: stalled },
        'a loop has stalled although its dependencies answer; restart this process',
      );
      return false;
    },
    stop: () => watching.stop(),
  };
}
