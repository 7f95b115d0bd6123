import { isMet, type Figure } from '../measures/measure.js';
import type { Report } from '../run-bench.js';
import { describeFigure } from './describe-outcome.js';

const width = 1_100;
const row = 26;
const top = 50;
const middle = 860;
/** How far a tenfold difference goes. */
const decade = 200;

/** An SVG picture: a bar for each figure that has a target, from the line where the target is; to the right is worse. */
export function drawPlot({ measures, startedAt, scale }: Report): string {
  const figures = measures.flatMap((measure) => measure.figures).filter(({ target }) => target);
  const height = top + figures.length * row + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="10" y="20" font-size="13">${startedAt}, scale ${scale}: against the targets, logarithmic; to the right is worse</text>`,
    `<text x="${middle}" y="${top - 8}" text-anchor="middle">target</text>`,
    ...figures.map((figure, index) => bar(figure, top + index * row)),
    `<line x1="${middle}" y1="${top}" x2="${middle}" y2="${height - 20}" stroke="black"/>`,
    '</svg>',
  ].join('\n');
}

function bar(figure: Figure, y: number): string {
  const { value, target } = figure;
  const times = target ? (target.is === 'at most' ? value / target.value : target.value / value) : 1;
  const length = Math.max(-decade, Math.min(decade, Math.log10(times) * decade)) || 0;
  const met = isMet(figure);
  const colour = met === undefined ? '#888888' : met ? '#1a7f37' : '#b35900';
  const [from, extent] = [Math.min(middle, middle + length), Math.abs(length)];
  return (
    `<text x="10" y="${y + 16}">${escape(describeFigure(figure))}</text>` +
    `<rect x="${from.toFixed(1)}" y="${y + 4}" width="${extent.toFixed(1)}" height="${row - 8}" fill="${colour}"/>`
  );
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
