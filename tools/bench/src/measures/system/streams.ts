import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../../bench.js';
import { holdStreams } from '../../load/streams.js';
import { quantile } from '../../report/statistics.js';
import { residentMegabytes } from '../../system/proc.js';
import { atMost, type Figure, type Measure } from '../measure.js';
import { required } from '../required.js';

const [some, many] = [2_000, 10_000];
/** The most streams of one account. */
const perUser = 10;
/** File descriptors of the gateway besides the two of each stream. */
const otherDescriptors = 500;
/** Time for the garbage of opening them to be collected. */
const settleMilliseconds = 15_000;

/** Readers of almost idle streams. */
export const streams: Measure = {
  name: 'streams',
  about: 'memory of each of 2,000 idle streams through the gateway, and one post sent to 10,000 of them',
  async take(bench) {
    const { smoke, rounds } = bench.options;
    const { origin } = required(bench, 'gateway');
    const holder = holdStreams(bench.signal);
    bench.stops.add(() => holder.stop());
    const least = smoke ? 20 : some;
    const most = smoke ? 40 : Math.min(many, Math.floor((openFiles() - otherDescriptors) / 2));
    const before = await memoryOf(bench);
    await holder.open({ origin, tokens: tokensOf(bench, 0, least) });
    const after = await memoryOf(bench);
    await holder.open({ origin, tokens: tokensOf(bench, least, most) });
    const lags: number[] = [];
    let missing = 0;
    const token = bench.key.tokenFor(bench.takeVoters(1)[0] ?? 0);
    for (let round = 0; round <= rounds; round += 1) {
      const told = await holder.publish({ origin, token, title: `How to prune roses, part ${round}` });
      // In the first round, nothing is compiled yet.
      if (round > 0 || smoke) lags.push(...told.lags);
      missing += told.missing;
    }
    await holder.closeAll();
    const invalid = missing > 0 ? `${missing} did not receive it` : undefined;
    const each = (name: 'posts' | 'gateway'): Figure => ({
      name: `${name}, for each of ${least} streams`,
      value: ((after[name] - before[name]) * 1_000) / least,
      unit: 'KB',
      target: atMost(15),
    });
    const heard = `one post to ${most} streams`;
    return {
      figures: [
        each('posts'),
        each('gateway'),
        { name: `${heard}, p50`, value: quantile(lags, 0.5), unit: 'ms', invalid },
        { name: `${heard}, p99`, value: quantile(lags, 0.99), unit: 'ms', target: atMost(1_000), invalid },
      ],
      rounds: [],
      notes:
        most < many && !smoke
          ? [`a process may open ${openFiles()} files here (ulimit -n), so the gateway took ${most} streams`]
          : [],
    };
  },
};

const tokensOf = ({ key, system }: Bench, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) =>
    key.tokenFor(system.data.voters[Math.floor((from + index) / perUser) % system.data.voters.length] ?? 0),
  );

async function memoryOf(bench: Bench): Promise<Record<'posts' | 'gateway', number>> {
  await sleep(bench.options.smoke ? 0 : settleMilliseconds, undefined, { signal: bench.signal });
  const of = (name: 'posts' | 'gateway') => residentMegabytes(required(bench, name).pids()[0] ?? 0);
  return { posts: of('posts'), gateway: of('gateway') };
}

/** How many a process may have, in every environment. */
const openFiles = (): number =>
  Number(/Max open files +\d+ +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1_024);
