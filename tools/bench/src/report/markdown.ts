import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@agora/local-stack';
import { isMet, type Figure } from '../measures/measure.js';
import type { Report } from '../run-bench.js';
import { rounded } from './describe-outcome.js';

/** Rows of a table in Markdown, the first of them its heading. */
export function markdownTable([heading = [], ...rows]: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [heading, heading.map(() => '---'), ...rows].map(line);
}

export const figuresAsMarkdown = (figures: readonly Figure[]): string[] =>
  markdownTable([
    ['measure', 'target', 'figure', 'met'],
    ...figures.map((figure) => {
      const { name, value, unit, target, invalid } = figure;
      const met = isMet(figure);
      return [
        name,
        target ? `${target.is === 'at most' ? '≤' : '≥'} ${target.value} ${unit}` : '',
        `${rounded(value)} ${unit}`,
        invalid ? `invalid: ${invalid}` : met === undefined ? '' : met ? 'yes' : '**no**',
      ];
    }),
  ]);

const readme = join(checkout, 'tools/bench/README.md');

/** Puts each table of a report into the README, between the comments that name its measure. */
export function writeReadme({ measures, startedAt, command }: Report): void {
  let text = readFileSync(readme, 'utf8');
  for (const { name, markdown } of measures) {
    const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (!markdown || before === undefined || after === undefined) continue;
    const of = `Of ${startedAt.slice(0, 10)}, \`${command}\`:`;
    text = [before, begin, '\n\n', of, '\n\n', markdown.join('\n'), '\n\n', end, after].join('');
  }
  writeFileSync(readme, text);
}
