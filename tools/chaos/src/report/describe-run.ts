import { table } from '@agora/local-stack';
import { invariants, type Invariant } from '../findings.js';
import type { Summary } from './summarize.js';

/** The lines of a summary for people. */
export function describeRun(summary: Summary): string[] {
  const { lag, created, settled } = summary;
  return [
    '',
    ...table(
      ['operation', 'ok', 'refused', 'shed', 'no final answer', 'p50 ms', 'p99 ms'],
      Object.entries(summary.operations).map(([name, { ok, refused, shed, info, p50, p99 }]) => [
        name,
        whole(ok),
        whole(refused),
        whole(shed),
        whole(info),
        whole(p50),
        whole(p99),
      ]),
    ),
    '',
    ...table(
      ['fault', 'times', 'requests', 'failed', 'for (median s)', '(longest s)'],
      Object.entries(summary.faults)
        .toSorted(([one], [other]) => one.localeCompare(other))
        .map(([kind, { count, requests, failed, failedForMedian, failedForMax }]) => [
          kind,
          whole(count),
          whole(requests),
          whole(failed),
          (failedForMedian / 1_000).toFixed(1),
          (failedForMax / 1_000).toFixed(1),
        ]),
    ),
    '',
    `users ${created.users}, posts ${created.posts}, votes ${created.votes}; of every 100 ms ${(summary.availability * 100).toFixed(1)} % had an answer`,
    `events ${lag.events}: lag p50 ${Math.round(lag.p50)} ms, p99 ${Math.round(lag.p99)} ms, longest ${Math.round(lag.max)} ms; p99 before the first fault ${Math.round(lag.calmP99)} ms`,
    ...describeElasticity(summary),
    `votes accepted on what was deleted already, and erased: ${summary.lateVotes.count}, the last ${Math.round(summary.lateVotes.longest)} ms after its deletion`,
    describeHeap(summary),
    `deliveries ${summary.delivered}, without a second effect ${summary.duplicatesSuppressed}; settled in ${settled.map((each) => (each / 1_000).toFixed(1)).join(' and ')} s`,
    '',
    ...table(
      ['invariant', '', 'broken'],
      (Object.keys(invariants) as Invariant[]).map((name) => [
        name,
        invariants[name].says,
        whole(summary.invariants[name]),
      ]),
    ),
    '',
    verdictOn(summary.findings.length, summary.seed, modeOf(summary)),
  ];
}

const modeOf = ({ cluster, elasticity }: Summary): string =>
  `${cluster ? ' --cluster' : ''}${elasticity ? ' --elastic' : ''}`;

function describeElasticity({ elasticity }: Summary): string[] {
  if (!elasticity) return [];
  const { moves, longestMove, events, lagP50, lagP99 } = elasticity;
  const longest = longestMove
    ? `, the longest without a holder ${Math.round(longestMove.milliseconds)} ms (${longestMove.lease})`
    : '';
  return [
    `while replicas came and went: ${moves} leases moved${longest}; events ${events}, lag p50 ${Math.round(lagP50)} ms, p99 ${Math.round(lagP99)} ms`,
  ];
}

/** What a run comes to; `mode` is the option that it was started with. */
export const verdictOn = (findings: number, seed: number, mode = ''): string =>
  findings === 0
    ? `All invariants held (seed ${seed}).`
    : `${findings} times an invariant was broken (again: npm run chaos --${mode} --seed ${seed}).`;

const whole = (value: number): string => value.toFixed(0);

function describeHeap({ holdings: { before, after } }: Summary): string {
  const most = (holdings: Summary['holdings']['after']) =>
    Math.max(0, ...Object.values(holdings).map(({ heap }) => heap));
  return `the largest heap, garbage collected: ${most(before)} MB under the first load, ${most(after)} MB at the end`;
}
