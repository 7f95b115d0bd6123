import { services } from '@agora/local-stack';
import type { Bench } from '../../bench.js';
import { casesOfAuth, endings } from '../../scale/cases/auth.js';
import { casesOfCredentials } from '../../scale/cases/credentials.js';
import { casesOfPosts, endingsOfPosts } from '../../scale/cases/posts.js';
import { casesOfVotes, scrapes } from '../../scale/cases/votes.js';
import { noCost } from '../../scale/cost.js';
import { compareCommands } from '../../scale/upkeep/run-commands.js';
import { compareJobs } from '../../scale/upkeep/run-jobs.js';
import { figureOf, tableOf, type Row } from '../../scale/table.js';
import { compareCase, costOfIdling, isAskedFor, sizes, type Worlds } from '../../scale/take-turns.js';
import { openWorld } from '../../scale/world.js';
import { describeFigure } from '../../report/describe-outcome.js';
import type { Measure } from '../measure.js';

/** What everything costs where there is ten times as much. */
export const scale: Measure = {
  name: 'scale',
  about:
    'CPU of every endpoint, reaction, periodic statement and command with ten times the data, over that with one',
  async take(bench) {
    const { small, large } = await bench.bothSizes();
    const worlds: Worlds = { small: await openWorld(bench, small), large: await openWorld(bench, large) };
    const autovacuum = (is: string) =>
      small.database
        .query(`ALTER SYSTEM SET autovacuum = ${is}`)
        .then(() => small.database.query('SELECT pg_reload_conf()'));
    await autovacuum('off');
    try {
      const rows = [
        ...(await compareRequests(bench, worlds)),
        ...(await compareJobs(bench, worlds)),
        ...(await compareCommands(bench, worlds)),
        ...(await compareEndings(bench, worlds)),
      ];
      return { figures: rows.map(figureOf), rounds: [], markdown: tableOf(rows) };
    } finally {
      await autovacuum('on');
    }
  },
};

async function compareRequests(bench: Bench, worlds: Worlds): Promise<Row[]> {
  const { smoke, rounds } = bench.options;
  const idle = await idling(bench, worlds);
  const rows: Row[] = services.map((service) => ({
    kind: 'periodic',
    name: 'an idle second',
    service,
    growth: 'stays',
    small: idle.small[service],
    large: idle.large[service],
  }));
  // Those of auth come last: they delete accounts, and so posts that others vote for.
  const cases = [...casesOfVotes, ...casesOfPosts, ...casesOfAuth, ...casesOfCredentials, ...scrapes].filter(
    isAskedFor(bench),
  );
  for (const each of few(bench, cases))
    rows.push(...told(bench, await compareCase(bench, worlds, each, smoke ? 1 : rounds, idle)));
  return rows;
}

/** A smoke run takes a few rows only, to see that all works. */
const few = <Item>({ options }: Bench, items: Item[]): Item[] =>
  options.smoke ? items.filter((_, place) => place % 20 === 0) : items;

/** Says how far it is, when that takes long. */
function told({ options, announce }: Bench, rows: Row[]): Row[] {
  if (!options.smoke) for (const row of rows) announce(describeFigure(figureOf(row)));
  return rows;
}

async function idling(bench: Bench, worlds: Worlds) {
  const seconds = bench.options.smoke || bench.options.row ? 0.1 : 10;
  const [small, large] = await Promise.all(sizes.map((size) => costOfIdling(bench, worlds[size], seconds)));
  if (!small || !large) throw new Error('there are two sizes');
  return { small, large };
}

async function compareEndings(bench: Bench, worlds: Worlds): Promise<Row[]> {
  const rows: Row[] = [];
  for (const each of few(bench, [...endingsOfPosts, ...endings].filter(isAskedFor(bench))))
    rows.push(
      ...told(bench, await compareCase(bench, worlds, each, 1, { small: noCost(), large: noCost() })),
    );
  return rows;
}
