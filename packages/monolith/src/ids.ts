import type { Source } from './source.js';

const shown = 20;

/** The ids that a statement on the old application finds, the first of many, as words; undefined when it finds none. */
export async function idsIn(source: Source, statement: string): Promise<string | undefined> {
  const found = await source.rows<{ id: number | string }>(`${statement} LIMIT ${shown + 1}`);
  if (found.length === 0) return undefined;
  const ids = found.slice(0, shown).map(({ id }) => id);
  return found.length > shown ? `${ids.join(', ')} and more (all of them: ${statement})` : ids.join(', ');
}
