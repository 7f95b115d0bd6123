import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Middleware } from 'koa';
import { unavailable } from './problem.js';

export interface LoadLimits {
  /** How many requests may be worked on at once. */
  maxInFlight?: number;
  /** How many statements wait for a connection to the database. */
  waiting?: () => number;
  maxWaiting?: number;
  /** What is answered all the same: those who watch must be able to tell overload from death. */
  exempt?: string;
}

/** The delay of an ordinary tick of the event loop, in milliseconds, past which a process has more to do than it can. */
const maxLoopDelay = 250;
const observeMilliseconds = 1_000;

/**
 * Refuses with 503 at once what would else be answered late or never. The median of the delays counts, not their tail: one long
 * pause, of the collector or of the machine, is over by the time it is known.
 */
export function shedLoad({
  maxInFlight = 512,
  waiting = () => 0,
  maxWaiting = 256,
  exempt,
}: LoadLimits = {}): Middleware {
  const isLate = watchEventLoop();
  let inFlight = 0;
  return async (ctx, next) => {
    const isTooMuch = inFlight >= maxInFlight || waiting() >= maxWaiting || isLate();
    if (isTooMuch && ctx.path !== exempt)
      throw unavailable('There is more to do than can be done right now.', 1, 'overloaded');
    inFlight += 1;
    try {
      await next();
    } finally {
      inFlight -= 1;
    }
  };
}

function watchEventLoop(): () => boolean {
  const delays = monitorEventLoopDelay();
  delays.enable();
  let late = false;
  setInterval(() => {
    late = delays.percentile(50) / 1e6 > maxLoopDelay;
    delays.reset();
  }, observeMilliseconds).unref();
  return () => late;
}
