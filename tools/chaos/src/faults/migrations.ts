import { setTimeout as sleep } from 'node:timers/promises';
import { services, type ServiceName } from '@agora/local-stack';
import { untilAllReady } from '../system/system.js';
import type { Fault, Scene } from './fault.js';
import { replicasOf } from './processes.js';

/**
 * All replicas start at once while the newest migration of each schema is pending, and three migrators of each are at work, one
 * of which is killed. Until the schema is as they need it, they can answer nothing but 503.
 */
export const pendingMigrations: Fault = {
  kind: 'start with pending migrations',
  touches: 'processes',
  alone: true,
  async run(scene) {
    const { system, signal } = scene;
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
    return `3 migrators of each schema, ${counts.filter(Boolean).length} killed at work`;
  },
};

async function migrateTo({ system }: Scene, service: ServiceName, verb: 'up' | 'down'): Promise<void> {
  const how = await (await system.migrate(service, verb)).ended;
  if (how !== 'exit code 0') throw new Error(`"migrate ${verb}" of ${service} ended with ${how}`);
}

/** Answers whether the one that was to be killed was still at work. */
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
