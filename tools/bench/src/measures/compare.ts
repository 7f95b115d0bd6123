import { median } from '../report/statistics.js';
import { roundsOf, type Round } from '../rounds.js';
import type { Figure, Target } from './measure.js';

/** What two contestants are compared by: a number of each round. */
export type Value = (round: Round) => number;

/** All CPU time of the named processes, per answer, in microseconds. */
export const cpuOf =
  (...parts: string[]): Value =>
  ({ cpu }) =>
    parts.reduce((sum, part) => sum + (cpu[part] ?? 0), 0);

export const throughput: Value = ({ requestsPerSecond }) => requestsPerSecond;

/** The median over the rounds of a contestant. */
export const medianOf = (rounds: readonly Round[], contestant: string, value: Value): number =>
  median(roundsOf(rounds, contestant).map(value));

/** How many times as much as `other` a contestant has, by the median of the ratios of each pair of rounds: a slower machine slows both. */
export function ratio(
  name: string,
  rounds: readonly Round[],
  [one, other]: [contestant: string, other: string],
  value: Value,
  target?: Target,
): Figure {
  const [ones, others] = [roundsOf(rounds, one), roundsOf(rounds, other)];
  const ratios = ones.map((round, index) => {
    const opposite = others[index];
    return opposite ? value(round) / value(opposite) : NaN;
  });
  return {
    name,
    value: median(ratios),
    unit: '×',
    target,
    invalid: failuresOf([...ones, ...others]),
  };
}

/** What failed in rounds, in words; undefined when nothing did. */
export function failuresOf(rounds: readonly Round[]): string | undefined {
  const all = new Map<string, number>();
  for (const { failed } of rounds)
    for (const [why, count] of Object.entries(failed)) all.set(why, (all.get(why) ?? 0) + count);
  if (rounds.some(({ answered }) => answered === 0)) all.set('no answer at all', 1);
  return all.size > 0
    ? `not answered with 2xx: ${[...all].map(([why, count]) => `${count} × ${why}`).join(', ')}`
    : undefined;
}

/** The median throughput of a contestant. */
export const requestsPerSecond = (
  name: string,
  rounds: readonly Round[],
  contestant: string,
  target?: Target,
): Figure => ({
  name,
  value: medianOf(rounds, contestant, throughput),
  unit: 'requests/s',
  target,
  invalid: failuresOf(roundsOf(rounds, contestant)),
});
