import { delay } from './broker.js';

export interface Persistence {
  /** Told of every failure; `isRepeated` when the attempt before had failed too. */
  failed(error: unknown, isRepeated: boolean): void;
  /** How long to wait after a failure, in milliseconds. */
  pause(): number;
}

/** Does some work that goes on and on, and begins it anew whenever it ends or fails, until what it returns is stopped. */
export function keepRunning(
  work: (stopped: AbortSignal) => Promise<void>,
  { failed, pause }: Persistence,
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const running = (async () => {
    for (let isRepeated = false; !stopped.signal.aborted;) {
      try {
        await work(stopped.signal);
        isRepeated = false;
      } catch (error) {
        if (stopped.signal.aborted) return;
        failed(error, isRepeated);
        isRepeated = true;
        await delay(pause(), stopped.signal);
      }
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
