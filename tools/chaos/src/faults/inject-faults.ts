import { setTimeout as sleep } from 'node:timers/promises';
import { NotReady, untilAllReady } from '../system/system.js';
import { Unavailable } from '../system/unavailable.js';
import { bodyFaults } from './bodies.js';
import { clockFaults } from './clocks.js';
import { databaseFaults } from './database.js';
import { dataFaults } from './data.js';
import { eventClusterFaults } from '../cluster/event-cluster-faults.js';
import { eventFaults } from './events.js';
import { failoverFaults } from '../cluster/failover-faults.js';
import type { Fault, Mark, Scene } from './fault.js';
import { mailFaults } from './mail.js';
import { natsOutages } from './nats-outages.js';
import { networkFaults } from './network.js';
import { processFaults } from './processes.js';
import { healEverything, serverFaults } from './servers.js';
import { sessionFaults } from './sessions.js';
import { startFaults } from './starts.js';

/** Every kind of fault. */
export const allFaults: readonly Fault[] = [
  ...processFaults,
  ...serverFaults,
  ...clockFaults,
  ...startFaults,
  ...databaseFaults,
  ...natsOutages,
  ...networkFaults,
  ...eventFaults,
  ...dataFaults,
  ...sessionFaults,
  ...bodyFaults,
  ...mailFaults,
];

/** What breaks where NATS has several nodes and PostgreSQL a standby. */
export const clusterFaults: readonly Fault[] = [...eventClusterFaults, ...failoverFaults];

export interface Plan {
  faults: readonly Fault[];
  /** How long at least; each fault comes once, however long that takes. */
  seconds: number;
  /** The longest duration, whichever faults remain. */
  limit?: number | undefined;
}

/**
 * Runs each fault once in an order that the seed decides, then some again, also two at a time, until the time is over. Those that
 * take long run beside the others, one after the other.
 */
export async function injectFaults(
  { faults, seconds, limit = Infinity }: Plan,
  scene: Scene,
  announce: (mark: Mark) => void,
): Promise<Mark[]> {
  const { random, journal, signal } = scene;
  const marks: Mark[] = [];
  const begin = journal.now();
  const elapsed = () => (journal.now() - begin) / 1_000;
  const keep = (mark: Mark) => {
    marks.push(mark);
    announce(mark);
  };
  const besides = injectInTurn(random.shuffle(faults.filter(({ beside }) => beside)), scene, keep);
  besides.catch(() => undefined);
  const others = faults.filter(({ beside }) => !beside);
  // Faults that must run alone come last.
  const waiting = [
    ...random.shuffle(others.filter(({ alone }) => alone)),
    ...random.shuffle(others.filter(({ alone, first }) => !alone && !first)),
    ...random.shuffle(others.filter(({ first }) => first)),
  ];
  while (!signal.aborted && elapsed() < limit && (waiting.length > 0 || elapsed() < seconds)) {
    const first = waiting.pop() ?? (others.length > 0 ? random.pick(others) : undefined);
    if (!first) break;
    if (first.alone) await besides;
    const together = waiting.length === 0 && random.below(3) === 0 ? pairOf(first, others, scene) : [first];
    for (const mark of await Promise.all(together.map((fault) => inject(fault, scene)))) keep(mark);
    await sleep(300 + random.below(500));
  }
  await besides;
  return marks;
}

async function injectInTurn(
  faults: readonly Fault[],
  scene: Scene,
  keep: (mark: Mark) => void,
): Promise<void> {
  for (const fault of faults) if (!scene.signal.aborted) keep(await inject(fault, scene));
}

/** Two faults at once, of different things. */
function pairOf(first: Fault, faults: readonly Fault[], { random }: Scene): Fault[] {
  const others = faults.filter(({ touches, alone }) => touches !== first.touches && !alone);
  return first.alone || others.length === 0 ? [first] : [first, random.pick(others)];
}

const attempts = 3;

/** A fault's preconditions may be missing because of the fault before it: it is retried. A fault that cannot be injected says nothing about Agora and is reported with its cause. */
async function inject(fault: Fault, scene: Scene): Promise<Mark> {
  const { journal, signal, findings, system } = scene;
  if (fault.alone) await untilQuiet(scene);
  for (let attempt = 1; ; attempt += 1) {
    const startedAt = journal.now();
    const markOf = (detail: string) => ({ kind: fault.kind, detail, startedAt, endedAt: journal.now() });
    scene.outages.begin(fault.touches);
    try {
      return markOf(await fault.run(scene));
    } catch (error) {
      signal.throwIfAborted();
      const cause = error instanceof Error ? error.message : String(error);
      if (error instanceof NotReady) {
        findings.broken('I14', `after "${fault.kind}": ${cause}`);
        return markOf(cause);
      }
      if (error instanceof Unavailable || attempt === attempts)
        return { ...markOf(`not run: ${cause}`), notRun: cause };
      healEverything(system);
      await sleep(1_000);
    } finally {
      scene.outages.end(fault.touches);
    }
  }
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
