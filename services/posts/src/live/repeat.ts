import type { Logger } from '@agora/process';

/** Work that is done again and again. */
export interface Repetition {
  /** Has it done without a pause. */
  wake(): void;
  /** Ends once the work under way is done. */
  stop(): Promise<void>;
}

/** Does some work, and again after a pause or when it is woken, also after it has failed; never twice at a time. */
export function repeat(work: () => Promise<void>, milliseconds: number, logger: Logger): Repetition {
  let isStopped = false;
  let awake = Promise.withResolvers<void>();
  const pause = async () => {
    const timer = setTimeout(awake.resolve, milliseconds);
    await awake.promise;
    clearTimeout(timer);
    awake = Promise.withResolvers();
  };
  const running = (async () => {
    for (let quiet = false; !isStopped; await pause()) {
      try {
        await work();
        quiet = false;
      } catch (error) {
        if (!quiet) logger.warn({ error }, 'live feed update failed, retrying');
        quiet = true;
      }
    }
  })();
  return {
    wake: () => awake.resolve(),
    async stop() {
      isStopped = true;
      awake.resolve();
      await running;
    },
  };
}
