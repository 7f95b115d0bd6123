import { table } from '@agora/local-stack';
import { failuresOf } from '../measures/compare.js';
import { isMet, type Figure, type Outcome } from '../measures/measure.js';
import { roundsOf, type Round } from '../rounds.js';
import { median, spread } from './statistics.js';

/** The lines that report the outcome of a measure. */
export function describeOutcome({ figures, rounds, notes = [], markdown }: Outcome): string[] {
  const results = markdown ? ['', ...markdown, ''] : figures.map((figure) => `→ ${describeFigure(figure)}`);
  return [...describeRounds(rounds), ...notes, ...results];
}

/** Of each contestant the medians over its rounds, how far those are apart, and what its processes cost. */
function describeRounds(rounds: readonly Round[]): string[] {
  const contestants = [...new Set(rounds.map(({ contestant }) => contestant))];
  if (contestants.length === 0) return [];
  const rows = contestants.map((contestant) => {
    const taken = roundsOf(rounds, contestant);
    const rates = taken.map(({ requestsPerSecond }) => requestsPerSecond);
    const parts = Object.keys(taken[0]?.cpu ?? {});
    const cpu = parts.map((part) => [part, median(taken.map((round) => round.cpu[part] ?? 0))] as const);
    return [
      contestant,
      median(rates).toFixed(0),
      `${(spread(rates) * 100).toFixed(0)} %`,
      median(taken.map(({ p50 }) => p50)).toFixed(1),
      median(taken.map(({ p99 }) => p99)).toFixed(1),
      `${cpu.map(([part, value]) => `${part} ${value.toFixed(0)}`).join(', ')}${failuresIn(taken)}`,
    ];
  });
  return table(['', 'requests/s', 'spread', 'p50 ms', 'p99 ms', 'CPU µs per request'], rows);
}

function failuresIn(rounds: readonly Round[]): string {
  const failures = failuresOf(rounds);
  return failures ? `   ${failures}` : '';
}

/** A figure in one line. */
export function describeFigure(figure: Figure): string {
  const { name, value, unit, target, invalid } = figure;
  const wanted = target ? ` (target: ${target.is} ${target.value} ${unit})` : '';
  const met = isMet(figure);
  const verdict = invalid ? ` INVALID: ${invalid}` : met === undefined ? '' : met ? ' met' : ' missed';
  return `${name}: ${rounded(value)} ${unit}${wanted}${verdict}`;
}

/** With as many decimal places as are meaningful. */
export const rounded = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
