import { services } from '@agora/local-stack';
import type { Bench } from '../bench.js';
import { casesOfAuth, endings } from '../scale/cases-auth.js';
import { casesOfPosts, endingsOfPosts } from '../scale/cases-posts.js';
import { casesOfVotes, scrapes } from '../scale/cases-votes.js';
import { commands, nameOf, runMeasured } from '../scale/commands.js';
import { noCost } from '../scale/cost.js';
import { jobs, openRunner, statementsOf } from '../scale/jobs.js';
import { figureOf, tableOf, type Row } from '../scale/table.js';
import { compareCase, costOfIdling, type Worlds } from '../scale/take-turns.js';
import { openWorld } from '../scale/world.js';
import { describeFigure } from '../report/describe-outcome.js';
import type { Measure } from './measure.js';

const sizes = ['small', 'large'] as const;

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
  const cases = [...casesOfAuth, ...casesOfPosts, ...casesOfVotes, ...scrapes].filter(isAskedFor(bench));
  // Where figures say nothing a few are enough.
  for (const each of smoke ? cases.filter((_, place) => place % 8 === 0) : cases)
    rows.push(...told(bench, await compareCase(bench, worlds, each, smoke ? 1 : rounds, idle)));
  return rows;
}

const isAskedFor =
  ({ options }: Pick<Bench, 'options'>) =>
  ({ name }: { name: string }) =>
    name.includes(options.row);

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
  for (const each of [...endings, ...endingsOfPosts].filter(isAskedFor(bench)))
    rows.push(
      ...told(bench, await compareCase(bench, worlds, each, 1, { small: noCost(), large: noCost() })),
    );
  return rows;
}

async function compareJobs({ options, announce }: Bench, worlds: Worlds): Promise<Row[]> {
  const rows: Row[] = [];
  for (const service of services) {
    const statements = await statementsOf(service);
    const [small, large] = await Promise.all(
      sizes.map((size) => openRunner(worlds[size].system, service, statements)),
    );
    if (!small || !large) throw new Error('there are two sizes');
    try {
      for (const job of jobs.filter((each) => each.service === service).filter(isAskedFor({ options }))) {
        const best = { small: Infinity, large: Infinity };
        let wrong: string | undefined;
        for (let turn = 0; turn <= (options.smoke ? 0 : options.rounds); turn += 1) {
          for (const [size, runner] of [
            ['small', small],
            ['large', large],
          ] as const)
            try {
              best[size] = Math.min(best[size], await runner.run(job));
            } catch (error) {
              wrong ??= String(error);
            }
        }
        const spent = (database: number) => ({ process: 0, database: Math.max(1, database) });
        const compared = { small: spent(best.small), large: spent(best.large) };
        rows.push({
          kind: 'periodic',
          name: job.name,
          service,
          growth: 'stays',
          ...compared,
          ...(wrong !== undefined && { wrong }),
        });
      }
    } finally {
      await Promise.all([small.end(), large.end()]);
    }
    announce(`periodic statements of ${service}: done`);
  }
  return rows;
}

async function compareCommands(bench: Bench, worlds: Worlds): Promise<Row[]> {
  const rows: Row[] = [];
  const asked = commands.filter((each) => isAskedFor(bench)({ name: nameOf(each) }));
  for (const command of bench.options.smoke ? asked.slice(0, 1) : asked) {
    const turns = command.growth === 'grows' || bench.options.smoke ? 1 : 3;
    const best = { small: Infinity, large: Infinity };
    let wrong: string | undefined;
    for (let turn = 0; turn < turns; turn += 1)
      for (const size of sizes) {
        const { cpu, code, output, seconds, peakMegabytes } = await runMeasured(
          bench,
          worlds[size].system,
          command,
        );
        best[size] = Math.min(best[size], cpu);
        if (code !== 0) wrong ??= `ended with ${code}: ${output.slice(0, 300)}`;
        if (command.growth === 'grows')
          bench.announce(
            `${command.service}, ${size}: ${nameOf(command)}: ${seconds.toFixed(1)} s, at most ${peakMegabytes.toFixed(0)} MB`,
          );
      }
    const spent = (process: number) => ({ process, database: 1 });
    rows.push({
      kind: 'command',
      name: nameOf(command),
      service: command.service,
      growth: command.growth ?? 'stays',
      small: spent(best.small),
      large: spent(best.large),
      ...(wrong !== undefined && { wrong }),
    });
  }
  return rows;
}
