import { table } from '@agora/local-stack';
import { isMet } from '../measures/measure.js';
import type { Report } from '../run-bench.js';
import { rounded } from './describe-outcome.js';

/** The table at the end: every figure with its target. */
export function describeReport({ measures }: Report): string[] {
  // Tables were printed already.
  const rows = measures
    .filter(({ markdown }) => !markdown)
    .flatMap(({ name, figures }) =>
      figures.map((figure) => {
        const { target, unit, value, invalid } = figure;
        const met = isMet(figure);
        return [
          name,
          figure.name,
          target ? `${target.is} ${target.value} ${unit}` : '',
          `${rounded(value)} ${unit}`,
          invalid ? `invalid: ${invalid}` : met === undefined ? '' : met ? 'met' : 'missed',
        ];
      }),
    );
  if (rows.length === 0) return [];
  return table(['measure', 'figure', 'target', 'measured', ''], rows);
}
