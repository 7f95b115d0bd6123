import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Request } from './routes.js';

/** What to send where. */
export interface Load {
  origin: string;
  /** For each connection what it sends, one after the other and from the beginning again. */
  requests: Request[][];
  milliseconds: number;
  /** How many requests a second, evenly, whatever the answers take; as fast as answers come when left out. */
  rate?: number;
}

/** What came of it; times are in milliseconds. */
export interface LoadResult {
  milliseconds: number;
  /** How many were answered with 2xx. */
  answered: number;
  /** How many were not, by status or by the connection's error. */
  failed: Record<string, number>;
  p50: number;
  p99: number;
}

/** A separate process that sends requests, so that its cost is not part of the measured processes'. */
export interface LoadGenerator {
  pid: number;
  run(load: Load): Promise<LoadResult>;
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL('../../dist/load/generate.js', import.meta.url));

/** Starts a generator. Its runs reject when it ends, or when `signal` is aborted. */
export function openGenerator(signal: AbortSignal): LoadGenerator {
  // What was given to us on our command line (as the flags of a profiler) is not for it.
  const child = fork(script, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  let failure: (error: Error) => void = () => undefined;
  child.once('exit', () => failure(new Error('the load generator ended')));
  child.once('error', (error) => failure(error));
  signal.addEventListener('abort', () => failure(new Error('stopped')));
  return {
    pid: child.pid ?? 0,
    async run(load) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
      failure = reject;
      child.once('message', resolve as (message: unknown) => void);
      child.send(load);
      return promise;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await ended;
      }
    },
  };
}
