import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamInfo } from '@nats-io/jetstream';
import { natsServerAt, services, streamsOf } from '@agora/local-stack';
import type { EventCluster, EventNode } from './event-cluster.js';
import { NotReady, untilAllReady, type System } from '../system/system.js';
import type { Fault, Scene } from '../faults/fault.js';

/** The nodes of a system that has several. */
function clusterOf({ cluster }: System): EventCluster {
  if (!cluster) throw new Error('NATS has one node');
  return cluster.nats;
}

async function streamOf({ administration }: System, name: string): Promise<StreamInfo> {
  const manager = await administration.streams();
  return manager.streams.info(name);
}

/** The node that leads a stream. */
async function leaderOf(system: System, stream: string): Promise<EventNode> {
  const { cluster } = await streamOf(system, stream);
  const leader = clusterOf(system).nodes.find(({ name }) => name === cluster?.leader);
  if (!leader) throw new Error(`${stream} has no leader`);
  return leader;
}

const patienceMilliseconds = 120_000;

/** Waits until every stream and consumer has a leader, every other node holds what it holds, and all processes are ready: as a roll of the StatefulSet does. */
async function untilCaughtUp({ system, signal }: Scene): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    signal.throwIfAborted();
    const behind = await findBehind(system).catch((error: unknown) => [String(error)]);
    if (behind.length === 0) break;
    if (performance.now() > deadline)
      throw new NotReady(`after ${patienceMilliseconds / 1_000} s: ${behind.join(', ')}`);
    await sleep(200);
  }
  await untilAllReady(system.replicas, signal);
}

async function findBehind(system: System): Promise<string[]> {
  const manager = await system.administration.streams();
  const behind: string[] = [];
  for (const stream of services.flatMap((service) => streamsOf(service, system.partitions))) {
    const consumers = await manager.consumers.list(stream).next();
    // Those that follow a stream for themselves are kept by one node.
    const durable = consumers.filter(({ config }) => config.durable_name !== undefined);
    for (const { cluster, config } of [await streamOf(system, stream), ...durable]) {
      const replicas = cluster?.replicas ?? [];
      const current = replicas.filter(({ current: isCurrent, offline }) => isCurrent && !offline);
      if (!cluster?.leader || current.length + 1 < clusterOf(system).nodes.length)
        behind.push(`${stream} ${config.name ?? ''} is kept by ${current.length} beside ${cluster?.leader}`);
    }
  }
  return behind;
}

const killLeader = (stream: string): Fault => ({
  kind: `kill the leader of ${stream}`,
  touches: 'nats',
  quick: stream === 'VOTES',
  async run(scene) {
    const leader = await leaderOf(scene.system, stream);
    await leader.end('SIGKILL');
    const milliseconds = 500 + scene.random.below(3_000);
    await sleep(milliseconds);
    await leader.start();
    await untilCaughtUp(scene);
    return `${leader.name}, away for ${milliseconds} ms`;
  },
});

/** Its connections stay open. */
const freezeLeader: Fault = {
  kind: 'freeze a leader for 20 s',
  touches: 'nats',
  quick: true,
  async run(scene) {
    const stream = scene.random.pick(streamsOf(scene.random.pick(services), scene.system.partitions));
    const leader = await leaderOf(scene.system, stream);
    leader.pause();
    await sleep(20_000, undefined, { signal: scene.signal }).catch(() => undefined);
    leader.resume();
    await untilCaughtUp(scene);
    return `${leader.name}, which led ${stream}`;
  },
};

/** How long events may take while two of three nodes see each other. */
const boundMilliseconds = 15_000;

/** One node is cut off from the others but keeps its connections. Processes connected to it must move to another node. */
const split: Fault = {
  kind: 'split nats',
  touches: 'nats',
  quick: true,
  async run(scene) {
    const { system, signal, random, findings } = scene;
    const stream = random.pick(streamsOf(random.pick(services), system.partitions));
    const node = await leaderOf(system, stream);
    clusterOf(system).split(node);
    await sleep(20_000, undefined, { signal }).catch(() => undefined);
    const waiting = await longestWait(scene);
    clusterOf(system).reunite();
    if (waiting > boundMilliseconds)
      findings.broken(
        'I8',
        `an event waited for ${Math.round(waiting)} ms while two of three nodes were one`,
      );
    await untilCaughtUp(scene);
    return `${node.name}, which led ${stream}, from the others, 20 s`;
  },
};

/** How long the oldest event that is not published has waited. */
async function longestWait({ system }: Scene): Promise<number> {
  const waits = services.map(async (service) => {
    const [row] = await system.administration.query<{ age: number }>(
      `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)) * 1000, 0)::float8 AS age
       FROM ${service}.outbox WHERE published_at IS NULL`,
    );
    return row?.age ?? 0;
  });
  return Math.max(...(await Promise.all(waits)));
}

/** Its volume is lost, and it comes back under its name with an empty one. */
const wipeNode: Fault = {
  kind: 'wipe a node of nats',
  touches: 'nats',
  async run(scene) {
    const node = scene.random.pick(clusterOf(scene.system).nodes);
    await node.end('SIGKILL');
    node.wipe();
    await sleep(1_000);
    await node.start();
    await untilCaughtUp(scene);
    return node.name;
  },
};

/** As an upgrade does: each node in turn, the next once the last has caught up. To another version where `NEXT_NATS_SERVER_BIN` names one. */
const roll: Fault = {
  kind: 'roll nats',
  touches: 'nats',
  async run(scene) {
    const { nodes } = clusterOf(scene.system);
    const { NEXT_NATS_SERVER_BIN: path } = process.env;
    const next = path ? await natsServerAt(path) : undefined;
    for (const node of nodes) {
      await node.end('SIGTERM');
      await (next ? node.startWith({ binary: next }) : node.start());
      await untilCaughtUp(scene);
    }
    return next ? `each node, to ${next.version.join('.')}` : 'each node, with the same version';
  },
};

export const eventClusterFaults: readonly Fault[] = [
  ...services.map((service) => killLeader(service.toUpperCase())),
  freezeLeader,
  split,
  wipeNode,
  roll,
];
