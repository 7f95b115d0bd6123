import { setTimeout as sleep } from 'node:timers/promises';
import { processes, services, type ProcessName, type ServiceName } from '@agora/local-stack';
import { statusOf } from '../load/ask.js';
import { untilAllReady } from '../system/system.js';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';
import { replicasOf } from './processes.js';

/** Kills the replicas of some processes while a dependency is away, and asks them, as soon as they listen, with a revoked token. */
async function startBlind(scene: Scene, names: readonly ProcessName[], seconds: number): Promise<void> {
  const { system, attempt, findings } = scene;
  const author = await newAuthor(scene);
  const ended = await attempt('log out', 'POST', '/logout', { token: author.token });
  const replicas = names.flatMap((name) => replicasOf(system, name));
  await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    for (const replica of replicas)
      if (ended?.status === 204 && (await statusOf(replica, author.token)) < 300)
        findings.broken('I13', `${replica.label} served an ended session right after its start`);
    await sleep(100);
  }
}

/** A process that starts without NATS must learn about revocations in another way, or refuse tokens. */
const withoutNats: Fault = {
  kind: 'start without nats',
  touches: 'nats',
  async run(scene) {
    const { system, signal, random } = scene;
    const names: ProcessName[] = [random.pick(['gateway', 'auth']), random.pick(['posts', 'votes'])];
    await system.nats.end('SIGKILL');
    await startBlind(scene, names, 5);
    await system.nats.start();
    await untilAllReady(system.replicas, signal);
    return `${names.join(' and ')}, 5 s`;
  },
};

/** Processes start while neither keys nor accounts can be fetched. */
const withoutAuth: Fault = {
  kind: 'start without auth',
  touches: 'processes',
  async run(scene) {
    const { system, signal } = scene;
    const auth = replicasOf(system, 'auth');
    const others = processes.filter((name) => name !== 'auth');
    for (const replica of auth) replica.pause();
    const name = scene.random.pick(others);
    await Promise.all(replicasOf(system, name).map((replica) => replica.end('SIGKILL')));
    await sleep(4_000);
    for (const replica of auth) replica.resume();
    await untilAllReady(system.replicas, signal);
    return `${name}, 4 s`;
  },
};

/** Asks a process in the first moment of an ordinary start. */
const ordinary: Fault = {
  kind: 'ask in the first moment',
  touches: 'processes',
  quick: true,
  async run(scene) {
    const name = scene.random.pick(processes);
    await startBlind(scene, [name], 2);
    await untilAllReady(scene.system.replicas, scene.signal);
    return name;
  },
};

/**
 * All replicas start at once while the newest migration of each schema is pending, and three migrators of each are running, one
 * of which is killed. Until the schema is what they need, they can only answer 503.
 */
const pendingMigrations: Fault = {
  kind: 'start with pending migrations',
  touches: 'processes',
  alone: true,
  async run(scene) {
    const { system, signal } = scene;
    forgetBans(scene);
    const before = await Promise.all(services.map((service) => appliedMigrations(scene, service)));
    await Promise.all(services.map((service) => migrateTo(scene, service, 'down')));
    await Promise.all(
      services.flatMap((service) => replicasOf(system, service)).map((replica) => replica.end('SIGKILL')),
    );
    const counts = await Promise.all(services.map((service) => migrateTogether(scene, service)));
    for (const [index, service] of services.entries())
      if ((await appliedMigrations(scene, service)) !== before[index])
        scene.findings.broken('I8', `a migration of ${service} is neither applied nor pending`);
    await untilAllReady(system.replicas, signal);
    forgetBans(scene);
    return `3 migrators of each schema, ${counts.filter(Boolean).length} killed at work`;
  },
};

/** Reverting a migration drops its columns, and the last one of auth is the one for bans. */
function forgetBans({ world }: Scene): void {
  for (const account of world.accounts) if (account.ban === 'banned') account.ban = 'maybe';
}

async function migrateTo({ system }: Scene, service: ServiceName, verb: 'up' | 'down'): Promise<void> {
  const how = await (await system.migrate(service, verb)).ended;
  if (how !== 'exit code 0') throw new Error(`"migrate ${verb}" of ${service} ended with ${how}`);
}

/** Resolves to whether the migrator to be killed was still running. */
async function migrateTogether(scene: Scene, service: ServiceName): Promise<boolean> {
  const { system, random } = scene;
  const unlucky = await system.migrate(service, 'up');
  const others = [migrateTo(scene, service, 'up'), migrateTo(scene, service, 'up')];
  await sleep(300 + random.below(900));
  const killed = !unlucky.hasEnded();
  await unlucky.end([['SIGKILL', 1_000]]);
  await Promise.all(others);
  return killed;
}

async function appliedMigrations({ system }: Scene, service: ServiceName): Promise<number> {
  const [row] = await system.administration.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${service}.migrations`,
  );
  return row?.count ?? 0;
}

export const startFaults: readonly Fault[] = [withoutNats, withoutAuth, ordinary, pendingMigrations];
