import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { atMost, type Figure } from '../measures/measure.js';
import { required } from '../measures/required.js';
import { quantile } from '../report/statistics.js';
import { readPosts } from '../requests.js';

/** How much the 99th percentile of other requests may grow. */
export const othersWait = atMost(3);

/** Runs `work` while reading through the gateway at an even rate; resolves to its result and the p99 of the reads in milliseconds. */
export async function beside<Result>(
  bench: Bench,
  work: () => Promise<Result>,
): Promise<{ result: Result; p99: number; failed: string | undefined }> {
  const { origin } = required(bench, 'gateway');
  const requests = readPosts(bench, bench.system.data);
  const results: { p99: number; answered: number }[] = [];
  let failed: string | undefined;
  let isDone = false;
  const working = work().finally(() => (isDone = true));
  // It is awaited below, when the round under way has ended.
  working.catch(() => undefined);
  do {
    const taken = await bench.generator.run({
      origin,
      requests,
      milliseconds: bench.options.smoke ? 100 : 2_000,
      rate: 100,
    });
    results.push(taken);
    for (const [why, times] of Object.entries(taken.failed)) failed ??= `${times} × ${why}`;
  } while (!isDone);
  return {
    result: await working,
    p99: quantile(
      results.map(({ p99 }) => p99),
      0.5,
    ),
    failed,
  };
}

export const idle = (bench: Bench) => beside(bench, () => sleep(bench.options.smoke ? 50 : 6_000));

export const others = (
  of: string,
  during: { p99: number; failed: string | undefined },
  before: { p99: number },
): Figure[] => [
  { name: `p99 of others' reads during ${of}`, value: during.p99, unit: 'ms', invalid: during.failed },
  {
    name: `the same, over without`,
    value: during.p99 / before.p99,
    unit: '×',
    target: othersWait,
    invalid: during.failed,
  },
];
