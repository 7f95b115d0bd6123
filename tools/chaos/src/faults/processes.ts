import { setTimeout as sleep } from 'node:timers/promises';
import { processes, services, type ProcessName, type ServiceName } from '@agora/local-stack';
import type { Journal } from '../load/journal.js';
import type { Replica } from '../system/replica.js';
import { untilAllReady, type System } from '../system/system.js';
import type { Fault, Scene } from './fault.js';

/** All replicas of a process. */
export const replicasOf = ({ replicas }: System, name: ProcessName): Replica[] =>
  replicas.filter((replica) => replica.name === name);

const kill = (name: ProcessName): Fault => ({
  kind: `kill ${name}`,
  touches: 'processes',
  quick: true,
  run: async (scene) => killReplica(scene.random.pick(replicasOf(scene.system, name)), scene),
});

async function killReplica(replica: Replica, { system, signal }: Scene): Promise<string> {
  await replica.end('SIGKILL');
  await untilAllReady(system.replicas, signal);
  return replica.label;
}

const pause = (name: ProcessName, seconds: number): Fault => ({
  kind: `pause ${name}`,
  touches: 'processes',
  quick: name === 'votes',
  run: async (scene) => pauseReplica(scene.random.pick(replicasOf(scene.system, name)), seconds, scene),
});

async function pauseReplica(replica: Replica, seconds: number, { system, signal }: Scene): Promise<string> {
  replica.pause();
  await sleep(seconds * 1_000);
  replica.resume();
  await untilAllReady(system.replicas, signal);
  return `${replica.label}, ${seconds} s`;
}

const killRelay: Fault = {
  kind: 'kill a relay',
  touches: 'processes',
  quick: true,
  run: async (scene) => killReplica(await relayHolder(scene), scene),
};

const pauseRelay: Fault = {
  kind: 'pause a relay',
  touches: 'processes',
  run: async (scene) => pauseReplica(await relayHolder(scene), 5, scene),
};

/** The replica of a service whose relay of some partition is the active one: the one that holds the lease. */
async function relayHolder({ system, random }: Scene): Promise<Replica> {
  const service: ServiceName = random.pick(services);
  const partition = random.below(system.partitions);
  const [lease] = await system.administration.query<{ pid: number }>(
    `SELECT split_part(holder, '/', 2)::int AS pid FROM ${service}.leases WHERE name = $1 AND expires_at > clock_timestamp()`,
    [partition === 0 ? 'relay' : `relay ${partition}`],
  );
  const found = replicasOf(system, service).find((replica) => replica.pid() === lease?.pid);
  if (!found) throw new Error(`no replica of ${service} holds the lease of its relay`);
  return found;
}

/** Half the gateway's timeout, so that a late answer is not blamed on a restart. */
const busyMilliseconds = 2_500;

const slowestSince = (at: number, { entries }: Journal) =>
  Math.max(
    0,
    ...entries.filter(({ endedAt }) => endedAt > at).map((entry) => entry.endedAt - entry.startedAt),
  );

/** Restarts replicas while no request may fail. Resolves to further details for the report. */
export async function expectFinalAnswers(
  { journal, findings }: Pick<Scene, 'journal' | 'findings'>,
  restart: () => Promise<void>,
): Promise<string> {
  const startedAt = journal.now();
  const wasBusy = slowestSince(startedAt - 10_000, journal) > busyMilliseconds;
  await restart();
  const failed = journal.entries.filter(
    ({ outcome, answer, startedAt: at }) =>
      outcome === 'info' && at >= startedAt && !(wasBusy && answer.startsWith('504')),
  );
  for (const { operation, answer, startedAt: at } of failed)
    findings.broken(
      'I10',
      `${operation} failed with ${answer} ${Math.round(at - startedAt)} ms after the restart began`,
    );
  const shed = journal.entries.filter((entry) => entry.outcome === 'shed' && entry.startedAt >= startedAt);
  const note = wasBusy ? ', on a machine too busy to distinguish late answers from lost ones' : '';
  return `${note}${shed.length > 0 ? `, ${shed.length} requests shed` : ''}`;
}

/** Each replica of every process in turn, as a deployment does. */
const rollingRestart: Fault = {
  kind: 'rolling restart',
  touches: 'processes',
  alone: true,
  async run(scene) {
    const { system, signal } = scene;
    const told = await expectFinalAnswers(scene, async () => {
      for (const turn of [0, 1]) {
        await untilAllReady(system.replicas, signal);
        const restarted = processes.flatMap((name) => replicasOf(system, name)[turn] ?? []);
        await Promise.all(restarted.map((replica) => replica.end('SIGTERM')));
        await untilAllReady(system.replicas, signal);
      }
    });
    return `every process${told}`;
  },
};

/** All that ran ends in the middle of what it did, at once. */
const killEveryProcess: Fault = {
  kind: 'kill every process',
  touches: 'processes',
  async run({ system, signal }) {
    await Promise.all(system.replicas.map((replica) => replica.end('SIGKILL')));
    await untilAllReady(system.replicas, signal);
    return 'all replicas at once';
  },
};

/** Slowness makes the moments long in which a crash could lose something. */
const killWhileSlow: Fault = {
  kind: 'kill while postgres is slow',
  touches: 'processes',
  async run(scene) {
    const name: ServiceName = scene.random.pick(['posts', 'votes']);
    const ways = replicasOf(scene.system, name).flatMap((replica) => replica.ways.postgres ?? []);
    for (const way of ways) way.slowDown(200);
    await sleep(1_000);
    const [first, second] = replicasOf(scene.system, name);
    await first?.end('SIGKILL');
    await sleep(500);
    await second?.end('SIGKILL');
    for (const way of ways) way.heal();
    await untilAllReady(scene.system.replicas, scene.signal);
    return `both of ${name}`;
  },
};

/** Longer than any lease, timeout and deadline. */
const freezeMilliseconds = 60_000;

async function freeze(replica: Replica, { signal, system }: Scene): Promise<string> {
  // Nobody could answer those that wait on a frozen gateway.
  system.withdraw(replica);
  replica.pause();
  await sleep(freezeMilliseconds, undefined, { signal }).catch(() => undefined);
  replica.resume();
  await sleep(2_000);
  replica.restore();
  return `${replica.label}, 60 s`;
}

/** A standby must take over, although the connections of the holder stay open. */
const freezeRelay: Fault = {
  kind: 'freeze a relay for 60 s',
  touches: 'processes',
  beside: true,
  run: async (scene) => freeze(await relayHolder(scene), scene),
};

const freezeProcess: Fault = {
  kind: 'freeze a process for 60 s',
  touches: 'processes',
  beside: true,
  run: async (scene) =>
    freeze(scene.random.pick(replicasOf(scene.system, scene.random.pick(['gateway', ...services]))), scene),
};

export const processFaults: readonly Fault[] = [
  ...processes.map(kill),
  pause('gateway', 2),
  pause('auth', 3),
  pause('posts', 4),
  pause('votes', 4),
  killRelay,
  pauseRelay,
  killEveryProcess,
  killWhileSlow,
  rollingRestart,
  freezeRelay,
  freezeProcess,
];
