import { setTimeout as sleep } from 'node:timers/promises';
import { processes, type ProcessName } from '@agora/local-stack';
import { statusOf } from '../load/ask-replica.js';
import { untilAllReady } from '../system/system.js';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';
import { replicasOf } from './processes.js';

/** Ends the replicas of some processes while something is away, and asks them, once they listen, with a token that was ended before. */
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

/** Whoever starts without NATS has to learn otherwise who is logged out, or refuse. */
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

/** Neither keys nor accounts can be asked for. */
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

/** The first moment of an ordinary start. */
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

export const startFaults: readonly Fault[] = [withoutNats, withoutAuth, ordinary];
