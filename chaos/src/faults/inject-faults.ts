import { setTimeout as sleep } from 'node:timers/promises';
import { untilAllReady } from '../system/system.js';
import { bodyFaults } from './bodies.js';
import { dataFaults } from './data.js';
import { eventFaults } from './events.js';
import type { Fault, Mark, Scene } from './fault.js';
import { pendingMigrations } from './migrations.js';
import { natsAwayUnderLoad } from './nats-away-under-load.js';
import { networkFaults } from './network.js';
import { processFaults } from './processes.js';
import { serverFaults } from './servers.js';

/** Every way to break something that there is. */
export const allFaults: readonly Fault[] = [
  ...processFaults,
  pendingMigrations,
  ...serverFaults,
  natsAwayUnderLoad,
  ...networkFaults,
  ...eventFaults,
  ...dataFaults,
  ...bodyFaults,
];

export interface Plan {
  faults: readonly Fault[];
  /** How long at least; each fault comes once, however long that takes. */
  seconds: number;
  /** How long at most, whichever faults have not come yet. */
  limit?: number | undefined;
}

/** Runs each fault once in an order that the seed decides, then some again, also two at a time, until the time is over. */
export async function injectFaults(
  { faults, seconds, limit = Infinity }: Plan,
  scene: Scene,
  announce: (mark: Mark) => void,
): Promise<Mark[]> {
  const { random, journal, signal } = scene;
  const marks: Mark[] = [];
  const begin = journal.now();
  const elapsed = () => (journal.now() - begin) / 1_000;
  const waiting = random.shuffle(faults);
  while (!signal.aborted && elapsed() < limit && (waiting.length > 0 || elapsed() < seconds)) {
    const first = waiting.pop() ?? random.pick(faults);
    const together = waiting.length === 0 && random.below(3) === 0 ? pairOf(first, faults, scene) : [first];
    const injected = await Promise.all(together.map((fault) => inject(fault, scene)));
    for (const mark of injected) {
      marks.push(mark);
      announce(mark);
    }
    await sleep(300 + random.below(500));
  }
  return marks;
}

/** Two faults at once, of different things. */
function pairOf(first: Fault, faults: readonly Fault[], { random }: Scene): Fault[] {
  const others = faults.filter(({ touches, alone }) => touches !== first.touches && !alone);
  return first.alone || others.length === 0 ? [first] : [first, random.pick(others)];
}

async function inject(fault: Fault, scene: Scene): Promise<Mark> {
  if (fault.alone) await untilQuiet(scene);
  const startedAt = scene.journal.now();
  const detail = await fault.run(scene).catch((error: unknown) => {
    scene.signal.throwIfAborted();
    throw new Error(`"${fault.kind}" could not be injected`, { cause: error });
  });
  return { kind: fault.kind, detail, startedAt, endedAt: scene.journal.now() };
}

/** Waits for the last consequences of the fault before. */
async function untilQuiet({ system, journal, signal }: Scene): Promise<void> {
  const quietMilliseconds = 2_000;
  for (;;) {
    signal.throwIfAborted();
    await untilAllReady(system.replicas, signal);
    const last = journal.entries.findLast(({ outcome }) => outcome === 'info')?.endedAt ?? -Infinity;
    if (journal.now() - last > quietMilliseconds) return;
    await sleep(100);
  }
}
