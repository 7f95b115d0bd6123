import type { Layout } from './checkout.js';
import type { Fleet } from './fleet.js';
import type { Progress } from '../commands/progress.js';
import type { RunRecord } from '../processes/run-record.js';
import type { Secrets } from './secrets.js';
import type { ProcessName } from './topology.js';

export interface StackOptions {
  layout: Layout;
  /** The processes to start. */
  names: readonly ProcessName[];
  /** Whether the processes restart when their code changes. */
  watch: boolean;
  progress: Progress;
  /** What is started is added here, and is the caller's to stop whether the start succeeds or not. */
  fleet: Fleet;
  /** Ends a start that is still going on. */
  signal: AbortSignal;
}

/** A start under way: what it was asked for, and what it needs at every step. */
export interface Start extends StackOptions {
  secrets: Secrets;
  record: RunRecord;
}
