import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../../bench.js';
import { figuresAsMarkdown } from '../../report/markdown.js';
import { quantile } from '../../report/statistics.js';
import { beside, idle, others, othersWait } from '../../scale/beside.js';
import type { Command } from '../../scale/upkeep/commands.js';
import { runMeasured, type Run } from '../../scale/upkeep/run-commands.js';
import {
  addCrowd,
  addPastRetention,
  goOnPublishing,
  hasPastRetention,
  stopPublishing,
} from '../../scale/extreme-data.js';
import { atMost, type Figure, type Measure } from '../measure.js';
import { required } from '../required.js';
import { watch } from '../system/visible.js';

/** The largest work that Agora does, and what others notice of it; with `--scale 10` at the sizes that stand here. */
export const extremes: Measure = {
  name: 'extremes',
  isExtra: true,
  about:
    'the largest work at --scale 10: 10,000,000 votes audited, 1,000,000 counted, 5,000,000 events unpublished, 2,000,000 rows purged',
  async take(bench) {
    const { options, system, announce } = bench;
    const part = options.scale / 10;
    const posts = system.data.posts.slice(0, 5);
    announce('Adding a crowd that votes …');
    await addCrowd(system.database, posts, part);
    const figures = [
      ...(await countOneMillion(bench, posts[0] ?? 0)),
      ...(await auditAll(bench)),
      ...(await askForStatus(bench, part)),
      ...(await purge(bench, part)),
    ];
    return { figures, rounds: [], markdown: figuresAsMarkdown(figures) };
  },
};

async function countOneMillion(bench: Bench, post: number): Promise<Figure[]> {
  const { system } = bench;
  const url = `http://127.0.0.1:${system.ports.votes.internalPort}/internal/votes/${post}?since=${new Date(Date.now() - 60_000).toISOString()}`;
  const headers = { Authorization: `Bearer ${system.addresses.internalSecrets.votes}` };
  const before = await idle(bench);
  const during = await beside(bench, async () => {
    const took: number[] = [];
    for (let time = 0; time < (bench.options.smoke ? 1 : 10); time += 1) {
      const startedAt = performance.now();
      const response = await fetch(url, { headers });
      const { votes } = (await response.json()) as { votes: number };
      if (!votes) throw new Error(`votes of post ${post}: ${response.status}`);
      took.push(performance.now() - startedAt);
    }
    return Math.min(...took);
  });
  return [
    { name: 'Vote.countWithRecent of 1,000,000 votes', value: during.result, unit: 'ms' },
    ...others('it', during, before),
  ];
}

async function auditAll(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const service of ['votes', 'posts'] as const) {
    const command: Command = { service, operation: 'audit', args: ['--wait', '1'] };
    const before = await idle(bench);
    const during = await beside(bench, () => runMeasured(bench, bench.system, command));
    const { seconds, peakMegabytes, cpu } = during.result;
    const invalid = failureOf(during.result);
    const name = `audit of ${service} over 10,000,000 votes`;
    figures.push(
      { name, value: seconds, unit: 's', invalid },
      { name: `${name}, CPU of all`, value: cpu / 1e6, unit: 's', invalid },
      { name: `${name}, peak memory`, value: peakMegabytes, unit: 'MB', target: atMost(300), invalid },
      ...others('it', during, before),
    );
  }
  return figures;
}

const failureOf = ({ code, output }: Run) =>
  code === 0 ? undefined : `it ended with ${code}: ${output.slice(0, 500)}`;

async function askForStatus(bench: Bench, part: number): Promise<Figure[]> {
  const { system, announce } = bench;
  const command: Command = { service: 'votes', operation: 'outbox', args: ['status'] };
  const best = async () => {
    let found: Run | undefined;
    for (let time = 0; time < (bench.options.smoke ? 1 : 5); time += 1) {
      const run = await runMeasured(bench, system, command);
      if (!found || run.seconds < found.seconds) found = run;
    }
    if (!found) throw new Error('it was asked');
    return found;
  };
  const before = await best();
  announce('Adding events that nobody publishes …');
  await stopPublishing(system.database, part);
  const during = await best();
  announce('Taking them back …');
  await goOnPublishing(system.database);
  const invalid = failureOf(during);
  return [
    {
      name: 'outbox -- status with 5,000,000 unpublished',
      value: during.seconds,
      unit: 's',
      target: atMost(1),
      invalid,
    },
    {
      name: 'the same, CPU over that with none',
      value: during.cpu / before.cpu,
      unit: '×',
      target: atMost(1.2),
      invalid,
    },
  ];
}

async function purge(bench: Bench, part: number): Promise<Figure[]> {
  const { system, options, signal, announce } = bench;
  const lagsWhile = async (work: () => Promise<void>) => {
    const lags: number[] = [];
    const watching = new AbortController();
    const watched = watch(bench, required(bench, 'gateway').origin, lags, watching.signal);
    try {
      await work();
    } finally {
      watching.abort();
      await watched;
    }
    return quantile(lags, 0.99);
  };
  const without = await lagsWhile(() => sleep(options.smoke ? 100 : 10_000));
  announce('Adding rows past their retention …');
  await addPastRetention(system.database, part);
  let rows = 0;
  let seconds = 0;
  const during = await lagsWhile(async () => {
    // Purging comes round once a minute, too late where figures say nothing.
    if (options.smoke) return sleep(100).then(() => undefined);
    const startedAt = performance.now();
    while (await hasPastRetention(system.database)) {
      signal.throwIfAborted();
      if (performance.now() - startedAt > 600_000) throw new Error('not all was purged within ten minutes');
      await sleep(250);
    }
    seconds = (performance.now() - startedAt) / 1_000;
    rows = 2_000_000 * part;
  });
  return [
    {
      name: `purging ${rows} rows past their retention, with the minute until it begins`,
      value: seconds,
      unit: 's',
    },
    { name: 'p99 of a vote to its visible count meanwhile', value: during, unit: 'ms' },
    { name: 'the same, over without', value: during / without, unit: '×', target: othersWait },
  ];
}
