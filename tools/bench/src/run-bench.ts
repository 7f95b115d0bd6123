import { loadavg } from 'node:os';
import { openBench, type BenchOptions } from './bench.js';
import type { Measure, Outcome } from './measures/measure.js';
import { describeOutcome } from './report/describe-outcome.js';
import { collectStops } from './system/stops.js';

/** What a run was, for programs. */
export interface Report {
  startedAt: string;
  /** The machine's other work: the load average at the start. */
  load: number;
  command: string;
  scale: number;
  seconds: number;
  rounds: number;
  data: { users: number; posts: number; votes: number };
  measures: ({ name: string; about: string } & Outcome)[];
}

/** Starts an Agora, takes the measures on it one after the other, and stops everything again. */
export async function runBench(given: BenchOptions, chosen: readonly Measure[]): Promise<Report> {
  const stops = collectStops();
  const { options, announce } = given;
  const startedAt = new Date().toISOString();
  const [load = NaN] = loadavg();
  try {
    announce('Starting PostgreSQL, NATS and Agora …');
    const bench = await openBench(given, stops);
    const taken: Report['measures'] = [];
    for (const { name, about, take } of chosen) {
      announce(`\n${name}: ${about}`);
      const outcome = withoutGaps(await take(bench));
      for (const line of describeOutcome(outcome)) announce(line);
      taken.push({ name, about, ...outcome });
    }
    return {
      startedAt,
      load,
      command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(
        ' ',
      ),
      scale: options.scale,
      seconds: options.seconds,
      rounds: options.rounds,
      data: bench.system.data.counts,
      measures: taken,
    };
  } finally {
    if (given.signal.aborted) announce('Stopping …');
    await stops.all();
  }
}

/** What could not be computed is no figure. */
const withoutGaps = (outcome: Outcome): Outcome => ({
  ...outcome,
  figures: outcome.figures.map((figure) =>
    Number.isFinite(figure.value) || figure.invalid ? figure : { ...figure, invalid: 'nothing was measured' },
  ),
});
