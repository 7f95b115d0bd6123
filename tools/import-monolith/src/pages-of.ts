import type { OddRows, Step } from './share.js';
import type { Source } from './source.js';

interface Page<Row> {
  rows: Row[];
  /** Where the next page begins. */
  position: number[];
}

/** What is read at most. */
const least = 100;
const most = 20_000;
/** A page that takes less grows, one that takes twice as long shrinks. */
const goodMilliseconds = 500;

/** Sizes pages by the time that they take, so that they fit whatever machine this is and whatever else it does. */
export function pageSizer(mostRows = most): {
  rows(): number;
  took(milliseconds: number): void;
  failed(): void;
} {
  let rows = Math.min(500, mostRows);
  const shrink = () => (rows = Math.max(Math.floor(rows / 2), least));
  return {
    rows: () => rows,
    took(milliseconds) {
      if (milliseconds < goodMilliseconds) rows = Math.min(rows * 2, mostRows);
      else if (milliseconds > 2 * goodMilliseconds) shrink();
    },
    failed: shrink,
  };
}

/** Reads one page of what a step copies; the last is empty. */
export async function readPage<Row extends object = Record<string, unknown>>(
  source: Source,
  { page, position: columns }: Pick<Step, 'page' | 'position'>,
  position: readonly number[],
  limit: number,
  odd: OddRows,
): Promise<Page<Row>> {
  const rows = await source.rows<Row>(page, [...position, limit, odd.users, odd.posts]);
  const last = rows.at(-1) as Record<string, unknown> | undefined;
  return { rows, position: last ? columns.map((column) => Number(last[column])) : [...position] };
}

/** Reads all that a step copies, page by page, odd rows too; the last page is empty. */
export async function* pagesOf<Row extends object = Record<string, unknown>>(
  source: Source,
  step: Pick<Step, 'page' | 'position'>,
): AsyncGenerator<Row[]> {
  for (let position = step.position.map(() => -2_147_483_648); ;) {
    const page = await readPage<Row>(source, step, position, 5_000, { users: [], posts: [] });
    yield page.rows;
    if (page.rows.length === 0) return;
    ({ position } = page);
  }
}
