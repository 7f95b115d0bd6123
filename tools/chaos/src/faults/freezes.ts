import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '@agora/local-stack';
import type { Replica } from '../system/replica.js';
import type { Fault, Scene } from './fault.js';
import { relayHolder, replicasOf } from './processes.js';

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

export const freezes: readonly Fault[] = [freezeRelay, freezeProcess];
