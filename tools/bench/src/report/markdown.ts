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

const headings = ['measure', 'target', 'figure', 'met'];

export const figuresAsMarkdown = (figures: readonly Figure[]): string[] =>
  markdownTable([headings, ...figures.map(cellsOf)]);

function cellsOf(figure: Figure): string[] {
  const { name, value, unit, target, invalid } = figure;
  const met = isMet(figure);
  return [
    name,
    target ? `${target.is === 'at most' ? '≤' : '≥'} ${target.value} ${unit}` : '',
    `${rounded(value)} ${unit}`,
    invalid ? `invalid: ${invalid}` : met === undefined ? '' : met ? 'yes' : '**no**',
  ];
}

const readme = join(checkout, 'tools/bench/README.md');

/**
 * Puts what was measured into the README: each table of a report between the comments that name its measure, and all other figures into the one table of
 * figures, where what was not measured this time stays as it was.
 */
export function writeReadme(report: Report, names: readonly string[]): void {
  const { measures, startedAt, command } = report;
  let text = readFileSync(readme, 'utf8');
  for (const { name, markdown } of measures)
    if (markdown)
      text = replaceBetween(text, name, () => [
        `Of ${startedAt.slice(0, 10)}, \`${command}\`:`,
        '',
        ...markdown,
      ]);
  text = replaceBetween(text, 'figures', (before) => figuresWith(report, names, before));
  writeFileSync(readme, text);
}

/** The table of figures with those of a report in place of what it had of the same measures. */
function figuresWith(
  { measures, startedAt, load, command }: Report,
  names: readonly string[],
  before: string,
): string[] {
  const of = `${startedAt.slice(0, 16).replace('T', ' ')}, load ${load.toFixed(1)}`;
  const options = command
    .replace(/ --(?:only \S+|readme)/g, '')
    .replace(/^npm run bench(?: --(?= |$))?/, '')
    .trim();
  const kept = before
    .split('\n')
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([name = '']) => name.startsWith('`') && name !== '`--only`');
  const rows = names.flatMap((name) => {
    const taken = measures.find((measure) => measure.name === name && !measure.markdown);
    if (!taken) return kept.filter(([only]) => only === `\`${name}\``);
    return taken.figures.map((figure) => [`\`${name}\``].concat(cellsOf(figure), of, options));
  });
  return markdownTable([['`--only`', ...headings, 'of', 'with'], ...rows]);
}

/** Replaces what stands between the two comments of a name; leaves a text without them alone. */
function replaceBetween(text: string, name: string, content: (before: string) => string[]): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, rest] = text.split(begin);
  const [between, after] = rest?.split(end) ?? [];
  if (before === undefined || between === undefined || after === undefined) return text;
  return [before, begin, '\n\n', content(between).join('\n'), '\n\n', end, after].join('');
}
