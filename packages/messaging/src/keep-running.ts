import { JetStreamApiError } from '@nats-io/jetstream';
import { delay } from './broker.js';

export interface Persistence {
  /** Told of every failure; `isRepeated` when the attempt before had failed too. */
  failed(error: unknown, isRepeated: boolean): void;
  /** How long to wait after a failure, in milliseconds. */
  pause(): number;
}

/** Work that goes on until it is stopped. */
export interface Running {
  /** When it last got on, by the monotonic clock in milliseconds. A process whose work stands still for long is better started anew. */
  progressedAt(): number;
  stop(): Promise<void>;
}

/**
 * Does some work that goes on and on, and begins it anew whenever it ends or fails, until what it returns is stopped. The work says with
 * `progressed` that it gets on; a refusal of the server says that too, for a new process would hear the same.
 */
export function keepRunning(
  work: (stopped: AbortSignal, progressed: () => void) => Promise<void>,
  { failed, pause }: Persistence,
): Running {
  const stopped = new AbortController();
  let at = performance.now();
  const progressed = () => void (at = performance.now());
  const running = (async () => {
    for (let isRepeated = false; !stopped.signal.aborted;) {
      try {
        await work(stopped.signal, progressed);
        isRepeated = false;
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (error instanceof JetStreamApiError) progressed();
        failed(error, isRepeated);
        isRepeated = true;
        await delay(pause(), stopped.signal);
      }
    }
  })();
  return {
    progressedAt: () => at,
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
