import { quantile } from '../report/statistics.js';
import type { LoadResult } from './load.js';

/** Counts answers as they come. */
export interface Tally {
  answered(status: number, milliseconds: number): void;
  failed(why: string): void;
  /** The milliseconds since it began. */
  passed(): number;
  /** How many requests have ended, either way. */
  count(): number;
  result(): LoadResult;
}

/** Begins to count, and to measure the time. */
export function beginTally(): Tally {
  const startedAt = performance.now();
  const passed = () => performance.now() - startedAt;
  let count = 0;
  const latencies: number[] = [];
  const failed: Record<string, number> = {};
  const fail = (why: string) => void (failed[why] = (failed[why] ?? 0) + 1);
  return {
    passed,
    count: () => count,
    answered(status, milliseconds) {
      count += 1;
      if (status >= 200 && status < 300) latencies.push(milliseconds);
      else fail(String(status));
    },
    failed(why) {
      count += 1;
      fail(why);
    },
    result: () => ({
      milliseconds: passed(),
      answered: latencies.length,
      failed,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
    }),
  };
}
