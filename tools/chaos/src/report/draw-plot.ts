import type { Run } from '../run-chaos.js';
import { quantile } from './quantile.js';

const width = 1_400;
const margin = 60;
const panel = 180;
const top = 30;
const labels = 150;

/** An SVG picture: above how many requests of each second had a final answer, below the lag of events, in bands the faults. */
export function drawPlot(run: Run): string {
  const end = Math.max(1_000, ...run.entries.map(({ endedAt }) => endedAt));
  const x = (milliseconds: number) => margin + (milliseconds / end) * (width - 2 * margin);
  const secondPanel = top + panel + 40;
  const height = secondPanel + panel + labels;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...run.marks.map(({ kind, startedAt, endedAt }) => {
      const [from, to] = [x(startedAt), x(endedAt)];
      const at = `${from.toFixed(1)} ${secondPanel + panel + 12}`;
      return (
        `<rect x="${from.toFixed(1)}" y="${top}" width="${Math.max(1, to - from).toFixed(1)}" height="${secondPanel + panel - top}" fill="#e8e8f4"/>` +
        `<text transform="translate(${at}) rotate(60)">${kind}</text>`
      );
    }),
    ...axes('requests with a final answer, per second', '0', '100 %', top),
    line(successes(run, end), x, (part) => top + panel * (1 - part), '#1a7f37'),
    ...axes('lag of events, p99 per second', '1 ms', '100 s', secondPanel),
    line(
      lagsBySecond(run, end),
      x,
      (lag) => secondPanel + panel * (1 - Math.log10(Math.max(1, lag)) / 5),
      '#b35900',
    ),
    '</svg>',
  ].join('\n');
}

type Points = [at: number, value: number][];

function bySecond<Item>(items: readonly Item[], at: (item: Item) => number, end: number): [number, Item[]][] {
  const seconds = new Map<number, Item[]>();
  for (const item of items) {
    const second = Math.floor(at(item) / 1_000);
    if (second < 0 || second * 1_000 > end) continue;
    seconds.set(second, [...(seconds.get(second) ?? []), item]);
  }
  return [...seconds].toSorted(([one], [other]) => one - other);
}

const successes = ({ entries }: Run, end: number): Points =>
  bySecond(entries, ({ endedAt }) => endedAt, end).map(([second, each]) => [
    (second + 0.5) * 1_000,
    each.filter(({ outcome }) => outcome !== 'info').length / each.length,
  ]);

const lagsBySecond = ({ lags }: Run, end: number): Points =>
  bySecond(lags, ({ at }) => at, end).map(([second, each]) => [
    (second + 0.5) * 1_000,
    quantile(
      each.map(({ milliseconds }) => milliseconds),
      0.99,
    ),
  ]);

function line(
  points: Points,
  x: (at: number) => number,
  y: (value: number) => number,
  colour: string,
): string {
  const path = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
}

const axes = (title: string, low: string, high: string, y: number): string[] => [
  `<rect x="${margin}" y="${y}" width="${width - 2 * margin}" height="${panel}" fill="none" stroke="#999"/>`,
  `<text x="${margin}" y="${y - 6}" font-weight="bold">${title}</text>`,
  `<text x="${margin - 6}" y="${y + panel}" text-anchor="end">${low}</text>`,
  `<text x="${margin - 6}" y="${y + 10}" text-anchor="end">${high}</text>`,
];
