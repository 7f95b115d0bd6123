/**
 * The two ways in which a process does background work: `every` for what is due now and then, `loop` for what never ends. Both stop,
 * back off after failures, and report progress, which `/healthz` reads by `stalledLoops`.
 */
import type { Stoppable } from './run-process.js';

/** What loops log to; pino's logger is one. */
interface LoopLogger {
  warn(fields: object, message: string): void;
}

export interface LoopOptions {
  logger: LoopLogger;
  /** Whether the process is of no use when this loop stands still; `loop` says yes, `every` no. */
  isVital?: boolean;
  /** The longest pause after a failure. */
  maxBackoffMilliseconds?: number;
}

/** What a loop hands to its work. */
export interface Turn {
  /** Aborts when the loop is stopped. */
  signal: AbortSignal;
  /** To be called whenever something was done, or nothing was to be done and that was certain. */
  progressed(): void;
  /** Call it when a dependency refuses the work: the process is not at fault, and a restart would not help. */
  excused(): void;
}

interface Progress {
  name: string;
  isVital: boolean;
  /** By the monotonic clock, in milliseconds. */
  lastAt: number;
  /** How long the loop rests between two turns. */
  restMilliseconds: number;
}

const running = new Set<Progress>();

/** The names of the vital loops of this process that have made no progress for longer than `milliseconds`. */
export const stalledLoops = (milliseconds: number): string[] =>
  [...running]
    .filter(({ lastAt, restMilliseconds }) => performance.now() - lastAt > milliseconds + restMilliseconds)
    .filter(({ isVital }) => isVital)
    .map(({ name }) => name);

/** How soon `every` calls again when its work returns `more`. */
const moreMilliseconds = 100;
const firstBackoffMilliseconds = 250;
/** A repeated failure is logged once in this time. */
const silentMilliseconds = 60_000;

/**
 * Calls `work` every `milliseconds`, first after that time, never twice at once; sooner when it resolves to `more`, so that large work goes in
 * bounded steps. After a failure it is called again in its turn, or later when it goes on failing. Stopping waits for the call under way.
 */
export function every(
  name: string,
  milliseconds: number,
  work: (turn: Turn) => Promise<void | 'more'>,
  { isVital = false, maxBackoffMilliseconds = 30_000, logger }: LoopOptions,
): Stoppable {
  return start({ name, isVital, restMilliseconds: milliseconds }, logger, async (turn, failures) => {
    const backoff = failures > 0 ? backoffOf(failures, maxBackoffMilliseconds) : 0;
    await delay(Math.max(milliseconds, backoff), turn.signal);
    while (!turn.signal.aborted) {
      const outcome = await work(turn);
      turn.progressed();
      await delay(outcome === 'more' ? moreMilliseconds : milliseconds, turn.signal);
    }
  });
}

/**
 * Runs `work`, which goes on until its signal aborts, and begins it anew whenever it ends or fails, after a pause that grows while it fails
 * without progress. Stopping waits for it.
 */
export function loop(
  name: string,
  work: (turn: Turn) => Promise<void>,
  { isVital = true, maxBackoffMilliseconds = 2_000, logger }: LoopOptions,
): Stoppable {
  return start({ name, isVital, restMilliseconds: 0 }, logger, async (turn, failures) => {
    if (failures > 0) await delay(backoffOf(failures, maxBackoffMilliseconds), turn.signal);
    if (!turn.signal.aborted) await work(turn);
  });
}

function start(
  { name, isVital, restMilliseconds }: Omit<Progress, 'lastAt'>,
  logger: LoopLogger,
  attempt: (turn: Turn, failures: number) => Promise<void>,
): Stoppable {
  const stopped = new AbortController();
  const progress = { name, isVital, restMilliseconds, lastAt: performance.now() };
  const warn = warnNowAndThen(name, logger);
  let failures = 0;
  const turn = {
    signal: stopped.signal,
    progressed() {
      progress.lastAt = performance.now();
      failures = 0;
    },
    excused: () => void (progress.lastAt = performance.now()),
  };
  running.add(progress);
  const ended = (async () => {
    while (!stopped.signal.aborted) {
      const startedAt = performance.now();
      try {
        await attempt(turn, failures);
        // Work that ends at once, again and again, must not keep the process busy.
        if (performance.now() - startedAt < firstBackoffMilliseconds)
          await delay(firstBackoffMilliseconds, stopped.signal);
      } catch (error) {
        if (stopped.signal.aborted) break;
        failures += 1;
        warn(error, failures);
      }
    }
    running.delete(progress);
  })();
  return {
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}

function warnNowAndThen(name: string, logger: LoopLogger) {
  let warnedAt = -Infinity;
  return (error: unknown, failures: number) => {
    if (failures > 1 && performance.now() - warnedAt < silentMilliseconds) return;
    warnedAt = performance.now();
    logger.warn({ error, failures }, `${name} failed, retrying`);
  };
}

/** Doubled with every failure, between half and all of it, so that replicas do not come back together. */
const backoffOf = (failures: number, max: number) =>
  Math.min(firstBackoffMilliseconds * 2 ** Math.min(failures, 20), max) * (0.5 + Math.random() / 2);

/** Resolves after `milliseconds`, or as soon as `signal` aborts. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
}

/** What `promise` resolves to; rejects as soon as `signal` aborts, and leaves no listener behind. */
export async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new Error('stopped'));
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** What `work` resolves to; undefined when it fails, and when it takes longer than `milliseconds`. */
export async function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
): Promise<Result | undefined> {
  const over = new AbortController();
  const late = delay(milliseconds, over.signal).then(() => undefined);
  const result = await Promise.race([work.catch(() => undefined), late]);
  // A timer left behind would keep a short-lived process waiting for it.
  over.abort();
  return result;
}
