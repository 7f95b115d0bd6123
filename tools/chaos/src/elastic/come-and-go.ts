import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessName } from '@agora/local-stack';
import { expectFinalAnswers, replicasOf } from '../faults/processes.js';
import type { Mark, Scene } from '../faults/fault.js';
import type { Lag } from '../measure/lags.js';
import { quantile } from '../report/quantile.js';
import type { Replica } from '../system/replica.js';
import { untilAllReady } from '../system/system.js';
import { watchLeases, type LeaseMove } from './watch-leases.js';

/** How many replicas there are when none is away. */
export const elasticReplicas: Partial<Record<ProcessName, number>> = { posts: 3, votes: 3 };
export const elasticPartitions = 4;

/** In each period one replica of each process leaves and one joins. */
const periodMilliseconds = 20_000;
const pairs: readonly (readonly ProcessName[])[] = [
  ['posts', 'votes'],
  ['auth', 'gateway'],
];

const kindOf = (pair: readonly ProcessName[], what: 'leave' | 'come') => `${pair.join(' and ')} ${what}`;

/** The names of the acts among the kinds of faults. */
export const elasticKinds = (['leave', 'come'] as const).flatMap((what) =>
  pairs.map((pair) => kindOf(pair, what)),
);

/** What came of it; times are in milliseconds since the start of the run. */
export interface Elasticity {
  from: number;
  to: number;
  marks: Mark[];
  moves: LeaseMove[];
}

/**
 * Replicas leave and come back under load, as with an autoscaler: by SIGTERM, which balancers notice only through readiness. No request may fail
 * meanwhile. All replicas are back at the end.
 */
export async function comeAndGo(
  scene: Scene,
  seconds: number,
  announce: (mark: Mark) => void,
): Promise<Elasticity> {
  const { system, journal, signal } = scene;
  const marks: Mark[] = [];
  const leases = await watchLeases(system.database);
  const from = journal.now();
  const during = async (kind: string, act: () => Promise<string>) => {
    const startedAt = journal.now();
    const detail = await act();
    const mark = { kind, detail, startedAt, endedAt: journal.now() };
    marks.push(mark);
    announce(mark);
  };
  const away = new Map<readonly ProcessName[], Replica[]>();
  const leave = async (pair: readonly ProcessName[]) => {
    const leaving = pair.map((name) => scene.random.pick(replicasOf(system, name)));
    await Promise.all(leaving.map((replica) => replica.leave()));
    away.set(pair, leaving);
    return labelsOf(leaving);
  };
  const comeBack = async (pair: readonly ProcessName[]) => {
    const coming = away.get(pair) ?? [];
    for (const replica of coming) replica.comeBack();
    await untilAllReady(system.replicas, signal);
    return labelsOf(coming);
  };
  const acts = [
    ...pairs.map((pair) => () => during(kindOf(pair, 'leave'), () => leave(pair))),
    ...pairs.map((pair) => () => during(kindOf(pair, 'come'), () => comeBack(pair))),
  ];
  let moves: LeaseMove[] = [];
  await expectFinalAnswers(scene, async () => {
    try {
      for (let begin = from; begin < from + seconds * 1_000; begin += periodMilliseconds) {
        for (const [index, act] of acts.entries()) {
          const at = begin + (index * periodMilliseconds) / acts.length;
          await sleep(Math.max(0, at - journal.now()), undefined, { signal });
          await act();
        }
      }
      await sleep(Math.max(0, from + seconds * 1_000 - journal.now()), undefined, { signal });
    } finally {
      moves = await leases.stop();
    }
  });
  return { from, to: journal.now(), marks, moves };
}

const labelsOf = (replicas: readonly Replica[]) => replicas.map(({ label }) => label).join(', ');

const targets = { leaseMilliseconds: 2_000, lagMilliseconds: 500 };

/** How events fared while replicas came and went. */
export interface ElasticSummary {
  moves: number;
  longestMove: LeaseMove | undefined;
  events: number;
  lagP50: number;
  lagP99: number;
}

export function summarizeElasticity({ from, to, moves }: Elasticity, lags: readonly Lag[]): ElasticSummary {
  const own = lags.filter(({ at }) => at >= from && at <= to).map(({ milliseconds }) => milliseconds);
  return {
    moves: moves.length,
    longestMove: moves.toSorted((one, other) => other.milliseconds - one.milliseconds)[0],
    events: own.length,
    lagP50: quantile(own, 0.5),
    lagP99: quantile(own, 0.99),
  };
}

/** Checks it against the targets: I20. */
export function checkElasticity(
  { longestMove, lagP99 }: ElasticSummary,
  { findings }: Pick<Scene, 'findings'>,
): void {
  if (longestMove && longestMove.milliseconds > targets.leaseMilliseconds)
    findings.broken(
      'I20',
      `nobody held the lease "${longestMove.lease}" for ${Math.round(longestMove.milliseconds)} ms`,
    );
  if (lagP99 > targets.lagMilliseconds)
    findings.broken('I20', `one event in a hundred was applied later than ${Math.round(lagP99)} ms`);
}
