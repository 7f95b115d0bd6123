import { defineStatement, sql } from '@agora/database';
import { containing } from './post.js';

/** A text that titles must contain, in any case. */
export interface TitleSearch {
  text: string;
  /** What the trigram index is searched for: the text, or its rarest word; undefined when the index does not help. */
  indexed: string | undefined;
}

/** When more of the newest titles than this contain a word, reading its index entries costs more than reading titles. */
const fewOfNewest = 20;

const grams = defineStatement('trigrams', 'SELECT show_trgm($1) AS grams', { prepared: true });

const rarestWord = defineStatement(
  'title-rarest-word',
  `WITH newest AS MATERIALIZED (SELECT title FROM posts ORDER BY id DESC LIMIT 1000)
   SELECT word, (SELECT count(*) FROM newest WHERE title ILIKE pattern)::int AS titles
   FROM unnest($1::text[], $2::text[]) AS asked(word, pattern) WHERE cardinality(show_trgm(word)) > 0 ORDER BY titles LIMIT 1`,
  { prepared: true },
);

/**
 * Decides what the trigram index can do for a search. It needs three letters or digits in a row. With several words only the rarest is looked up,
 * because PostgreSQL reads all entries of each trigram: a word that all titles contain has as many entries as there are titles.
 */
export async function planSearch(text: string): Promise<TitleSearch> {
  if (!(await hasTrigrams(text))) return { text, indexed: undefined };
  const words = text.match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  if (words.length < 2) return { text, indexed: text };
  const [rarest] = await sql<{ word: string; titles: number }>(rarestWord, [words, words.map(containing)]);
  return { text, indexed: rarest && rarest.titles <= fewOfNewest ? rarest.word : undefined };
}

/** Where the locale of the database does not know letters beyond ASCII, these are in no trigram. */
async function hasTrigrams(text: string): Promise<boolean> {
  if (/[a-z\d]{3}/i.test(text)) return true;
  if (!/[\p{L}\p{N}]{3}/u.test(text)) return false;
  const [known] = await sql<{ grams: string[] }>(grams, [text]);
  return (known?.grams.length ?? 0) > 0;
}
