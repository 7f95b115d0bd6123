import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Context, Middleware } from 'koa';
import { countCallers, type CallerCounts } from './callers.js';
import { unavailable } from '../endpoint/problem.js';
import { currentRequest } from '@agora/process/requests';

export interface LoadLimits {
  /** How many requests may be worked on at once. */
  maxInFlight?: number;
  /** How many statements wait for a connection to the database. */
  waiting?: () => number;
  maxWaiting?: number;
  /** A path that is always answered: monitoring must be able to distinguish overload from failure. */
  exempt?: string;
  /** The caller: the user if known, else the client's address. */
  callerOf?: (ctx: Context) => string;
}

/** 503: the process has more to do than it can. */
export const overloaded = () => unavailable('The service is overloaded. Try again shortly.', 1, 'overloaded');

/** The median delay of the event loop, in milliseconds, above which a process counts as overloaded. */
const maxLoopDelay = 250;
const observeMilliseconds = 1_000;
/** A large answer counts as one more request for each so many bytes. */
const bytesOfRequest = 65_536;

const userOrAddress = (ctx: Context): string =>
  String(currentRequest()?.userId ?? (ctx.get('x-forwarded-for') || ctx.ip));

/**
 * Refuses requests with 503 at once that would otherwise be answered late or never. The callers with the most requests are refused first; the others
 * are served up to twice the bounds. The median delay counts, not the tail: one long pause, of the garbage collector or the machine, is over by the time it is known.
 */
export function shedLoad({
  maxInFlight = 512,
  waiting = () => 0,
  maxWaiting = 256,
  exempt,
  callerOf = userOrAddress,
}: LoadLimits = {}): Middleware {
  const callers = countCallers();
  const isLate = watchEventLoop(callers);
  return async (ctx, next) => {
    const caller = callerOf(ctx);
    const isPast = (times: number) =>
      callers.inWork() >= maxInFlight * times || waiting() >= maxWaiting * times;
    const isTooMuch = isPast(2) || ((isPast(1) || isLate()) && callers.isAmongBusiest(caller));
    if (isTooMuch && ctx.path !== exempt) throw overloaded();
    const done = callers.begin(caller);
    try {
      await next();
    } finally {
      done(1 + (ctx.response.length ?? 0) / bytesOfRequest);
    }
  };
}

function watchEventLoop(callers: CallerCounts): () => boolean {
  const delays = monitorEventLoopDelay();
  delays.enable();
  let late = false;
  setInterval(() => {
    late = delays.percentile(50) / 1e6 > maxLoopDelay;
    delays.reset();
    callers.forgetHalf();
  }, observeMilliseconds).unref();
  return () => late;
}
