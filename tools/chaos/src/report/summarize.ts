import { invariants, type Finding, type Invariant } from '../findings.js';
import type { Entry } from '../load/journal.js';
import type { ElasticSummary } from '../elastic/come-and-go.js';
import type { Holding } from '../measure/holdings.js';
import type { Options } from '../options.js';
import type { Run } from '../run-chaos.js';
import { quantile } from './quantile.js';

/** The summary of a run; times are in milliseconds. */
export interface Summary {
  seed: number;
  cluster: boolean;
  seconds: number;
  startedAt: string;
  node: string;
  operations: Record<
    string,
    { ok: number; refused: number; shed: number; info: number; p50: number; p99: number }
  >;
  /** Of the 1/10 s in which anything was asked, how many had an answer that was final. */
  availability: number;
  /** Of each kind: how often it came, how many requests ended before the next fault began, how many without a final answer, and for how long. */
  faults: Record<
    string,
    { count: number; requests: number; failed: number; failedForMedian: number; failedForMax: number }
  >;
  /** How events fared while replicas came and went; undefined in a run with faults. */
  elasticity: ElasticSummary | undefined;
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
export function summarize(
  run: Run,
  { seed, seconds, cluster }: Pick<Options, 'seed' | 'seconds' | 'cluster'>,
): Summary {
  const lags = run.lags.map(({ milliseconds }) => milliseconds);
  const firstFault = run.marks[0]?.startedAt ?? Infinity;
  const calm = run.lags.filter(({ at }) => at < firstFault - 500).map(({ milliseconds }) => milliseconds);
  const { delivered, applied } = run.deliveries;
  return {
    seed,
    cluster,
    seconds,
    startedAt: new Date(run.startedAt).toISOString(),
    node: process.version,
    operations: byOperation(run.entries),
    availability: availabilityOf(run.entries),
    faults: byKind(run),
    elasticity: run.elasticity,
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

/** Requests later than this after a fault's end are unrelated to it. */
const aftermathMilliseconds = 10_000;

/** What became of requests after a fault began and before the next one did. */
function byKind({ marks, entries }: Run): Summary['faults'] {
  const given = marks.filter(({ notRun }) => notRun === undefined);
  const spans = given.map(({ kind, startedAt, endedAt: over }) => {
    const later = marks.map((mark) => mark.startedAt).filter((at) => at > startedAt + 50);
    const next = Math.min(...later, over + aftermathMilliseconds);
    const own = entries.filter(({ endedAt }) => endedAt >= startedAt && endedAt < next);
    const failed = own.filter(({ outcome }) => outcome === 'info');
    const failedFor = Math.max(0, ...failed.map(({ endedAt }) => endedAt - startedAt));
    return { kind, requests: own.length, failed: failed.length, failedFor };
  });
  const kinds = Object.entries(Object.groupBy(spans, ({ kind }) => kind));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return Object.fromEntries(
    kinds.map(([kind, each = []]) => {
      const failedFor = each.map((span) => span.failedFor);
      return [
        kind,
        {
          count: each.length,
          requests: sum(each.map(({ requests }) => requests)),
          failed: sum(each.map(({ failed }) => failed)),
          failedForMedian: quantile(failedFor, 0.5),
          failedForMax: quantile(failedFor, 1),
        },
      ];
    }),
  );
}

const byInvariant = (findings: readonly Finding[]): Summary['invariants'] =>
  Object.fromEntries(
    Object.keys(invariants).map((name) => [
      name,
      findings.filter(({ invariant }) => invariant === name).length,
    ]),
  ) as Summary['invariants'];
