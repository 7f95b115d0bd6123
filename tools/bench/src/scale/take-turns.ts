import type { Bench } from '../bench.js';
import { markEvents, settle, settleErasures } from '../system/settle.js';
import type { Case } from './cases/case.js';
import { countCost, forEachService, type Cost } from './cost.js';
import { isMet } from '../measures/measure.js';
import { figureOf, type Row } from './table.js';
import { pause, sendAll, type World } from './world.js';

export interface Worlds {
  small: World;
  large: World;
}

export const sizes = ['small', 'large'] as const;

/** Whether `--row` asks for a row of that name. */
export const isAskedFor =
  ({ options }: Pick<Bench, 'options'>) =>
  ({ name }: { name: string }) =>
    name.includes(options.row);

/** What the services do without being asked, in microseconds a second. */
export async function costOfIdling(bench: Bench, { system }: World, seconds: number): Promise<Cost> {
  const told = countCost(system, bench.servers.postgres.pid);
  const startedAt = performance.now();
  await pause(seconds * 1_000, bench.signal);
  const passed = (performance.now() - startedAt) / 1_000;
  const cost = told();
  return forEachService((name) => ({
    process: cost[name].process / passed,
    database: cost[name].database / passed,
  }));
}

/** A case whose cost seems to grow gets up to this many times the turns: noise averages out, real growth stays. */
const mostRepeats = 3;

/** Takes turns of one case at both sizes, and returns its rows: of each part the best turn counts: other work can only slow a turn down. */
export async function compareCase(
  bench: Bench,
  worlds: Worlds,
  each: Case,
  turns: number,
  idle: Record<keyof Worlds, Cost>,
): Promise<Row[]> {
  const taken: Taken = { small: [], large: [] };
  const takeBoth = async (turn: number, counts: boolean) => {
    for (const size of turn % 2 === 0 ? sizes : sizes.toReversed()) {
      const { cost, failure } = await takeTurn(bench, worlds[size], each, idle[size]);
      taken.wrong ??= failure;
      if (counts) taken[size].push(cost);
    }
  };
  const most = each.once || bench.options.smoke ? turns : turns * mostRepeats;
  try {
    // The first is for connections, prepared statements and caches.
    if (!each.once && !bench.options.smoke) await takeBoth(0, false);
    for (let turn = 1; turn <= most; turn += 1) {
      await takeBoth(turn, true);
      if (turn >= turns && rowsOf(each, taken).every((row) => isMet(figureOf(row)) !== false)) break;
    }
  } catch (error) {
    // One row that cannot be taken must not cost all the others.
    bench.signal.throwIfAborted();
    taken.wrong ??= String(error);
  }
  return rowsOf(each, taken);
}

interface Taken extends Record<keyof Worlds, Cost[]> {
  wrong?: string | undefined;
}

function rowsOf(each: Case, taken: Taken): Row[] {
  const best = (size: keyof Worlds, service: keyof Cost, part: 'process' | 'database') =>
    Math.max(1, Math.min(...taken[size].map((cost) => cost[service][part])));
  const row = (kind: Row['kind'], name: string, service: keyof Cost, growth: Row['growth']): Row => ({
    kind,
    name,
    service,
    growth,
    small: { process: best('small', service, 'process'), database: best('small', service, 'database') },
    large: { process: best('large', service, 'process'), database: best('large', service, 'database') },
    ...(taken.wrong !== undefined && { wrong: taken.wrong }),
  });
  return [
    row(each.kind ?? 'endpoint', each.name, each.service, each.growth ?? 'stays'),
    ...Object.entries(each.reactions ?? {}).map(([service, name]) =>
      row(
        'reaction',
        `${name}, at ${each.name}`,
        service as keyof Cost,
        each.reactionsGrow ? 'grows' : 'stays',
      ),
    ),
  ];
}

async function takeTurn(
  bench: Bench,
  world: World,
  each: Case,
  idle: Cost,
): Promise<{ cost: Cost; failure: string | undefined }> {
  const { signal, servers, options } = bench;
  const count = Math.min(each.count ?? 20, options.smoke ? 2 : Infinity);
  const requests = await each.requests(world, count);
  const marks = await markEvents(world.system);
  const told = countCost(world.system, servers.postgres.pid, idle);
  const failure = await sendAll(world.system.processes[each.service]?.origin ?? '', requests, signal);
  const answering = told()[each.service];
  if (each.reactions || each.growth === 'grows') {
    await settle(world.system, marks, signal);
    await settleErasures(world.system, signal, 600);
  }
  const all = told();
  const share = ({ process, database }: Cost[keyof Cost]) => ({
    process: process / requests.length,
    database: database / requests.length,
  });
  return {
    failure,
    cost: forEachService((name) =>
      // Nobody waits for what the service itself does later.
      share(name === each.service && each.growth !== 'grows' ? answering : all[name]),
    ),
  };
}
