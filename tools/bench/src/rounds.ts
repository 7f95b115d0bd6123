import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.js';
import type { Load } from './load/load.js';
import { cpuBetween, cpuTimes, familyOf } from './system/proc.js';
import { markEvents, settle } from './system/settle.js';

/** What is asked of a contestant in a round. */
type Question = Pick<Load, 'origin' | 'requests' | 'rate'>;

/** One of the contestants that are measured alternately. */
export interface Contestant {
  name: string;
  /** What makes it ready for a round. */
  prepare?(): Promise<void>;
  /** Called for every round: a vote can be cast once. */
  question(): Question | Promise<Question>;
  /** What else is asked meanwhile, which is not counted. */
  meanwhile?(): Question;
  /** Whether events follow; their cost is part of the round. */
  writes?: boolean;
  /** The processes whose CPU time is reported, by name; the whole system when left out. */
  parts?: Parts;
}

export type Parts = Record<string, () => number[]>;

/** What a round came to. */
export interface Round {
  contestant: string;
  requestsPerSecond: number;
  answered: number;
  /** By status, or by the connection's error. */
  failed: Record<string, number>;
  /** In milliseconds. */
  p50: number;
  p99: number;
  /** Microseconds per answer, by process. */
  cpu: Record<string, number>;
  /** Of the requests in that time. */
  meanwhile?: { answered: number; failed: Record<string, number> };
}

/** Lets the contestants warm up, then measures them in turn, round after round: A B A B. */
export async function takeRounds(bench: Bench, contestants: readonly Contestant[]): Promise<Round[]> {
  const { seconds, rounds, smoke } = bench.options;
  const milliseconds = seconds * 1_000;
  if (!smoke)
    for (const contestant of contestants)
      await takeRound(bench, contestant, Math.max(1_000, milliseconds / 2));
  const taken: Round[] = [];
  for (let round = 0; round < rounds; round += 1)
    for (const contestant of contestants) taken.push(await takeRound(bench, contestant, milliseconds));
  return taken;
}

/** Measures one contestant once. */
export async function takeRound(
  bench: Bench,
  { name, prepare, question, meanwhile, writes = false, parts = partsOf(bench) }: Contestant,
  milliseconds: number,
): Promise<Round> {
  const { generator, otherGenerator, system, signal } = bench;
  const { smoke } = bench.options;
  signal.throwIfAborted();
  await prepare?.();
  const marks = writes ? await markEvents(system) : undefined;
  const load = { ...(await question()), milliseconds };
  const beside = meanwhile && otherGenerator.run({ ...meanwhile(), milliseconds: milliseconds + headStart });
  if (beside) await sleep(headStart);
  const before = timesOf(parts);
  const result = await generator.run(load);
  if (marks) await settle(system, marks, signal);
  const after = timesOf(parts);
  const other = await beside;
  if (other) await sleep(smoke ? 0 : aftermath);
  const { answered, failed, p50, p99 } = result;
  return {
    contestant: name,
    requestsPerSecond: (answered / result.milliseconds) * 1_000,
    answered,
    failed,
    p50,
    p99,
    cpu: Object.fromEntries(
      Object.keys(parts).map((part) => [
        part,
        cpuBetween(before[part] ?? new Map(), after[part] ?? new Map()) / Math.max(1, answered),
      ]),
    ),
    ...(other && { meanwhile: { answered: other.answered, failed: other.failed } }),
  };
}

/** The background load has reached its full rate when the round begins. */
const headStart = 300;

/** So that the next round does not pay for it: requests that queue in auth time out after 1.5 s. */
const aftermath = 2_500;

const timesOf = (parts: Parts): Record<string, Map<number, number>> =>
  Object.fromEntries(Object.entries(parts).map(([name, pids]) => [name, cpuTimes(pids())]));

/** The four processes and both servers. */
export function partsOf({ system, servers }: Bench): Parts {
  return {
    ...Object.fromEntries(Object.values(system.processes).map(({ name, pids }) => [name, pids])),
    ...serverParts(servers),
  };
}

/** PostgreSQL with its backends, and NATS. */
export const serverParts = ({ postgres, nats }: Bench['servers']): Parts => ({
  postgres: () => familyOf(postgres.pid),
  nats: () => [nats.pid],
});

/** The rounds of one contestant. */
export const roundsOf = (rounds: readonly Round[], contestant: string): Round[] =>
  rounds.filter((round) => round.contestant === contestant);
