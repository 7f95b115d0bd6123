import { invariants, type Finding, type Invariant } from '../findings.js';
import type { Entry } from '../load/journal.js';
import type { Holding } from '../measure/holdings.js';
import type { Options } from '../options.js';
import type { Run } from '../run-chaos.js';
import { quantile } from './quantile.js';

/** What is told of a run; times are in milliseconds. */
export interface Summary {
  seed: number;
  seconds: number;
  startedAt: string;
  node: string;
  operations: Record<
    string,
    { ok: number; refused: number; shed: number; info: number; p50: number; p99: number }
  >;
  /** Of the 1/10 s in which anything was asked, how many had an answer that was final. */
  availability: number;
  faults: Record<string, { count: number; failedForMedian: number; failedForMax: number }>;
  lag: { events: number; p50: number; p99: number; max: number; calmP99: number };
  delivered: number;
  duplicatesSuppressed: number;
  settled: number[];
  holdings: Record<'before' | 'after', Record<string, Holding>>;
  /** How long after a deletion was acknowledged a vote on what it deleted was still accepted, in milliseconds; to be erased. */
  lateVotes: { count: number; longest: number };
  /** Requests without a final answer. */
  unanswered: readonly Entry[];
  created: { users: number; posts: number; votes: number };
  invariants: Record<Invariant, number>;
  findings: readonly Finding[];
}

/** Counts and measures. */
export function summarize(run: Run, { seed, seconds }: Pick<Options, 'seed' | 'seconds'>): Summary {
  const lags = run.lags.map(({ milliseconds }) => milliseconds);
  const firstFault = run.marks[0]?.startedAt ?? Infinity;
  const calm = run.lags.filter(({ at }) => at < firstFault - 500).map(({ milliseconds }) => milliseconds);
  const { delivered, applied } = run.deliveries;
  return {
    seed,
    seconds,
    startedAt: new Date(run.startedAt).toISOString(),
    node: process.version,
    operations: byOperation(run.entries),
    availability: availabilityOf(run.entries),
    faults: byKind(run),
    lag: {
      events: lags.length,
      p50: quantile(lags, 0.5),
      p99: quantile(lags, 0.99),
      max: quantile(lags, 1),
      calmP99: quantile(calm, 0.99),
    },
    delivered,
    duplicatesSuppressed: Math.max(0, delivered - applied),
    settled: run.settled,
    holdings: {
      before: Object.fromEntries(run.holdings.before),
      after: Object.fromEntries(run.holdings.after),
    },
    lateVotes: {
      count: run.world.lateVotes.length,
      longest: Math.max(0, ...run.world.lateVotes.map(({ at, deletedAt }) => at - deletedAt)),
    },
    unanswered: run.entries.filter(({ outcome }) => outcome === 'info'),
    created: { users: run.world.accounts.length, posts: run.world.posts.length, votes: run.world.votes.size },
    invariants: byInvariant(run.findings),
    findings: run.findings,
  };
}

function byOperation(entries: readonly Entry[]): Summary['operations'] {
  const operations: Summary['operations'] = {};
  const groups = Object.groupBy(entries, ({ operation }) => operation);
  for (const [operation, group = []] of Object.entries(groups)) {
    const count = (outcome: Entry['outcome']) => group.filter((entry) => entry.outcome === outcome).length;
    const times = group
      .filter(({ outcome }) => outcome !== 'info')
      .map(({ startedAt, endedAt }) => endedAt - startedAt);
    operations[operation] = {
      ok: count('ok'),
      refused: count('refused'),
      shed: count('shed'),
      info: count('info'),
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    };
  }
  return operations;
}

const windowMilliseconds = 100;

function availabilityOf(entries: readonly Entry[]): number {
  const windows = new Map<number, boolean>();
  for (const { endedAt, outcome } of entries) {
    const window = Math.floor(endedAt / windowMilliseconds);
    windows.set(window, windows.get(window) === true || outcome !== 'info');
  }
  const answered = [...windows.values()].filter(Boolean).length;
  const all = Math.ceil(Math.max(0, ...entries.map(({ endedAt }) => endedAt)) / windowMilliseconds);
  return all === 0 ? 1 : answered / all;
}

/** For how long after a fault began requests still failed before the next one began. */
function byKind({ marks, entries }: Run): Summary['faults'] {
  const failures = entries.filter(({ outcome }) => outcome === 'info');
  const spans = new Map<string, number[]>();
  for (const { kind, startedAt } of marks.filter(({ notRun }) => notRun === undefined)) {
    const next = Math.min(
      ...marks.map((mark) => mark.startedAt).filter((at) => at > startedAt + 50),
      Infinity,
    );
    const own = failures.filter(({ endedAt }) => endedAt >= startedAt && endedAt < next);
    const span = Math.max(0, ...own.map(({ endedAt }) => endedAt - startedAt));
    spans.set(kind, [...(spans.get(kind) ?? []), span]);
  }
  return Object.fromEntries(
    [...spans].map(([kind, each]) => [
      kind,
      { count: each.length, failedForMedian: quantile(each, 0.5), failedForMax: quantile(each, 1) },
    ]),
  );
}

const byInvariant = (findings: readonly Finding[]): Summary['invariants'] =>
  Object.fromEntries(
    Object.keys(invariants).map((name) => [
      name,
      findings.filter(({ invariant }) => invariant === name).length,
    ]),
  ) as Summary['invariants'];
