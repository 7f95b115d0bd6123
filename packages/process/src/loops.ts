/**
 * The two ways in which a process does background work: `every` for periodic work, `loop` for work that never ends. Both can be stopped,
 * back off after failures, and report progress, which `/healthz` reads through `stalledLoops`.
 */
import type { Stoppable } from './run-process.js';

/** What loops log to; pino's logger is one. */
interface LoopLogger {
  warn(fields: object, message: string): void;
}

export interface LoopOptions {
  logger: LoopLogger;
  /** Whether the process is useless when this loop stalls; by default true for `loop`, false for `every`. */
  isVital?: boolean;
  /** The longest pause after a failure. */
  maxBackoffMilliseconds?: number;
}

/** What a loop hands to its work. */
export interface Turn {
  /** Aborts when the loop is stopped. */
  signal: AbortSignal;
  /** Call it whenever some work was done, or there was certainly none to do. */
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
/** A repeated failure is logged at most this often. */
const silentMilliseconds = 60_000;

/**
 * Calls `work` every `milliseconds`, first after that time, and never twice at once; sooner when it resolves to `more`, so that large work is done in
 * bounded steps. After a failure it is called again at the next interval, or later when it keeps failing. Stopping waits for a running call.
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
 * Runs `work` until its signal aborts, and restarts it whenever it ends or fails, after a pause that grows while it fails
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
        // Work that keeps ending at once must not keep the process busy.
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

/** Exponential backoff with jitter, so that replicas do not all retry at the same time. */
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

/** Resolves like `promise`, or rejects as soon as `signal` aborts; leaves no listener behind. */
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

/** Resolves like `work`, or to undefined when it fails or takes longer than `milliseconds`. */
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
