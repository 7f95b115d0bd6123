import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '@agora/local-stack';
import type pg from 'pg';
import { failOverWithLoss } from './cluster/fail-over-with-loss.js';
import {
  checkElasticity,
  comeAndGo,
  elasticReplicas,
  summarizeElasticity,
  type ElasticSummary,
} from './elastic/come-and-go.js';
import { injectFaults, type Plan } from './faults/inject-faults.js';
import type { LargeData, Mark, Scene } from './faults/fault.js';
import { healEverything } from './faults/servers.js';
import type { Finding } from './findings.js';
import { checkActs } from './invariants/check-acts.js';
import { checkInvariants } from './invariants/check.js';
import { checkRecovery } from './invariants/check-recovery.js';
import { settle } from './invariants/settle.js';
import type { Entry } from './load/journal.js';
import { clientCount, startLoad } from './load/start-load.js';
import type { World } from './load/world.js';
import { compareHoldings, readHoldings, type Holding } from './measure/holdings.js';
import { readLags, type Lag } from './measure/lags.js';
import { countDeliveries, type Deliveries } from './measure/deliveries.js';
import { openScene } from './open-scene.js';
import { startSystem, untilAllReady, type System } from './system/system.js';

export interface ChaosOptions {
  seed: number;
  plan: Plan;
  /** Whether replicas come and go in place of the faults, and whether that is held against what is aimed at on a machine with nothing else to do. */
  elastic?: 'judged' | 'told' | undefined;
  /** Over how many streams each publisher's events are split; one when left out. */
  partitions?: number;
  /** Whether NATS has three nodes. */
  isCluster?: boolean;
  /** Whether PostgreSQL then fails over to a standby that lacks the last seconds. */
  isLossy?: boolean;
  /** Fills the database with data of real size before the run. */
  fill?: ((database: pg.ClientConfig) => Promise<LargeData>) | undefined;
  /** A known fault to start the processes with. */
  mutation?: string | undefined;
  /** Where PostgreSQL and NATS keep their data. */
  folder: string;
  logs: string;
  signal: AbortSignal;
  announce(line: string): void;
}

/** What a run was like; all times are in milliseconds since its load began. */
export interface Run {
  /** When that was, in milliseconds since 1970. */
  startedAt: number;
  marks: Mark[];
  entries: readonly Entry[];
  findings: readonly Finding[];
  lags: Lag[];
  elasticity: ElasticSummary | undefined;
  deliveries: Deliveries;
  /** How long the events took to settle, under way and after everything was killed. */
  settled: number[];
  /** The memory of each process under the first load and at the end. */
  holdings: Record<'before' | 'after', ReadonlyMap<string, Holding>>;
  world: World;
}

const baselineMilliseconds = 3_000;

/** Starts an Agora, drives it, breaks it, heals it, and holds it against the invariants; kills all of it and does so again. */
export async function runChaos(options: ChaosOptions): Promise<Run> {
  const { announce, signal, fill, elastic, partitions = 1 } = options;
  announce(`Starting PostgreSQL, NATS and the replicas of every process, ${partitions} partitions …`);
  let large: LargeData | undefined;
  const filling = fill && {
    prepare: async (database: pg.ClientConfig) => void (large = await fill(database)),
  };
  const system = await startSystem({
    ...options,
    ...filling,
    ...(elastic && { replicas: elasticReplicas }),
  });
  try {
    return await driveAndBreak(system, options, large);
  } finally {
    if (signal.aborted) announce('Stopping …');
    healEverything(system);
    await system.stop();
  }
}

async function driveAndBreak(
  system: System,
  options: ChaosOptions,
  large: LargeData | undefined,
): Promise<Run> {
  const { seed, announce, signal, plan } = options;
  const startedAt = Date.now();
  const counting = countDeliveries(system);
  const scene = { ...openScene(system, { seed, announce, signal }), large };
  if (large) scene.world.strangers = await findStrangers(system);
  for (const service of services)
    for (const { id } of await system.administration.query<{ id: string }>(
      `SELECT message_id AS id FROM ${service}.dead_letters`,
    ))
      scene.poison.sent[service].add(id);
  const { world, journal, findings, outages } = scene;
  let known: Scene = scene;
  const load = await startLoad(scene, seed);
  const settled: number[] = [];
  try {
    announce(
      `Load of ${clientCount} clients; faults of seed ${seed} begin in ${baselineMilliseconds / 1_000} s`,
    );
    while (world.accounts.length < 2 * clientCount) await sleep(100, undefined, { signal });
    await sleep(baselineMilliseconds, undefined, { signal });
    const before = await readHoldings(system.replicas);
    const tell = (mark: Mark) => announce(`  ${progressOf(mark, journal.entries)}`);
    const elasticity = options.elastic && (await comeAndGo(scene, plan.seconds, tell));
    const marks = elasticity?.marks ?? (await injectFaults(plan, scene, tell));
    healEverything(system);
    await load.stop();
    signal.throwIfAborted();
    await checkRecovery(scene);
    const milliseconds = await settle(scene);
    settled.push(milliseconds);
    announce(`Settled after ${(milliseconds / 1_000).toFixed(1)} s; checking`);
    await checkActs(scene, load.moderator);
    await settle(scene);
    await checkInvariants(scene);
    if (options.isLossy) {
      const failover = await failOverWithLoss(scene, seed + 1, announce);
      marks.push(failover.mark);
      tell(failover.mark);
      known = failover.known;
      await checkInvariants(known);
    }
    const after = await readHoldings(system.replicas);
    compareHoldings(before, after, findings);
    outages.begin('processes');
    await killEverything(system, signal);
    outages.end('processes');
    settled.push(await settle(known));
    announce('Everything was killed and is back; checking again');
    await checkInvariants(known);
    const lags = await readLags(system.administration, startedAt);
    const elastic = elasticity && summarizeElasticity(elasticity, lags);
    if (elastic && options.elastic === 'judged') checkElasticity(elastic, scene);
    const deliveries = await counting.stop();
    return {
      startedAt,
      marks,
      entries: journal.entries,
      findings: findings.all,
      lags,
      elasticity: elastic,
      deliveries,
      settled,
      holdings: { before, after },
      world: known.world,
    };
  } finally {
    await load.stop();
    outages.stop();
    await counting.stop();
    scene.close();
  }
}

async function findStrangers({ administration }: System): Promise<World['strangers']> {
  const [highest] = await administration.query<World['strangers']>(
    `SELECT (SELECT coalesce(max(id), 0) FROM posts.authors) AS account,
            (SELECT coalesce(max(id), 0) FROM votes.known_posts) AS post`,
  );
  return highest ?? { account: 0, post: 0 };
}

async function killEverything(system: System, signal: AbortSignal): Promise<void> {
  await Promise.all([
    ...system.replicas.map((replica) => replica.end('SIGKILL')),
    system.nats.end('SIGKILL'),
    system.postgres.end('SIGKILL'),
  ]);
  await Promise.all([system.nats.start(), system.postgres.start()]);
  await untilAllReady(system.replicas, signal);
}

function progressOf({ kind, detail, startedAt, endedAt }: Mark, entries: readonly Entry[]): string {
  const during = entries.filter((entry) => entry.endedAt >= startedAt && entry.endedAt <= endedAt);
  const failed = during.filter(({ outcome }) => outcome === 'info').length;
  const seconds = (startedAt / 1_000).toFixed(1).padStart(6);
  return `${seconds} s  ${kind.padEnd(28)} ${detail.padEnd(44)} ${during.length} requests, ${failed} without a final answer`;
}
