import type { ServiceName } from '@agora/local-stack';
import { atMost, type Figure } from '../measures/measure.js';
import { markdownTable } from '../report/markdown.js';
import type { Growth } from './cases/case.js';

/** Microseconds of CPU at one size. */
interface Spent {
  process: number;
  database: number;
}

/** What one thing costs at both sizes. */
export interface Row {
  kind: 'endpoint' | 'reaction' | 'periodic' | 'command';
  name: string;
  service: ServiceName;
  growth: Growth;
  small: Spent;
  large: Spent;
  /** Why it is not to be trusted. */
  wrong?: string;
}

/** What ten times the data may cost: a little more if the answer is the same size, otherwise a little more than ten times as much. */
const most: Record<Growth, number> = { stays: 1.2, grows: 12 };

const total = ({ process, database }: Spent) => process + database;

export const figureOf = ({ kind, name, service, growth, small, large, wrong }: Row): Figure => ({
  name: `${kind} of ${service}: ${name}`,
  value: total(large) / total(small),
  unit: '×',
  target: atMost(most[growth]),
  ...(wrong !== undefined && { invalid: wrong }),
});

/** The rows as a table of Markdown. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = rows.map((row) => {
    const { kind, service, name, growth, small, large, wrong } = row;
    const { value } = figureOf(row);
    return [
      kind,
      service,
      name,
      time(total(small)),
      time(total(large)),
      kind === 'command' ? '' : `${(large.database / small.database).toFixed(2)}×`,
      `${value.toFixed(2)}×`,
      `≤ ${most[growth]}×`,
      wrong ? 'invalid' : value <= most[growth] ? 'yes' : '**no**',
    ];
  });
  return markdownTable([
    ['', 'service', 'what', 'scale 1', 'scale 10', 'PostgreSQL', 'all', 'wanted', 'met'],
    ...cells,
  ]);
}

/** Microseconds as people read them. */
const time = (microseconds: number): string =>
  microseconds >= 1e6
    ? `${(microseconds / 1e6).toFixed(1)} s`
    : microseconds >= 1e4
      ? `${(microseconds / 1e3).toFixed(0)} ms`
      : `${(microseconds / 1e3).toFixed(2)} ms`;
