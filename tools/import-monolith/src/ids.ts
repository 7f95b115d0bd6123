import type { Source } from './source.js';

/** More odd rows than that are no rows to be left out, but another database. */
const most = 100_000;

/** The ids that a statement on the old application finds, as `id`. */
export async function idsIn(source: Source, statement: string): Promise<(number | string)[]> {
  const found = await source.rows<{ id: number | string }>(
    `SELECT id FROM (${statement}) AS found LIMIT ${most}`,
  );
  return found.map(({ id }) => id);
}
