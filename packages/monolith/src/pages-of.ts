import type { Step } from './share.js';
import type { Source } from './source.js';

interface Page<Row> {
  rows: Row[];
  /** Where the next page begins. */
  position: number[];
}

/** Reads what a step copies, page by page, from a position or the beginning; the last page is empty. */
export async function* pagesOf<Row extends object = Record<string, unknown>>(
  source: Source,
  { page, position: columns }: Pick<Step, 'page' | 'position'>,
  from = columns.map(() => 0),
): AsyncGenerator<Page<Row>> {
  for (let position = from; ;) {
    const rows = await source.rows<Row>(page, position);
    const last = rows.at(-1) as Record<string, unknown> | undefined;
    if (last) position = columns.map((column) => Number(last[column]));
    yield { rows, position };
    if (!last) return;
  }
}
