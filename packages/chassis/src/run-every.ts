import type { Logger } from './logger.js';
import type { Stoppable } from './run-process.js';

/** Does some work again and again, first after `milliseconds`; when it fails, `failure` goes to the log and it is tried again in its turn. Stopping waits for what is under way. */
export function runEvery(
  milliseconds: number,
  work: () => Promise<void>,
  { logger, failure }: { logger: Logger; failure: string },
): Stoppable {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = work().catch((error: unknown) => logger.warn({ error }, failure));
  }, milliseconds);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
