import { defineStatement, sharedSql, sql } from '@agora/database';
import { withinBytes, type Page, type RankedPost } from './feed.js';
import { containing } from './post.js';
import { shownColumns, type ShownPost } from './shown-post.js';
import { planSearch, type TitleSearch } from './title-search.js';

/** Which of an author's own posts are asked for; `search` is part of the title, in any case. */
export interface OwnQuery {
  limit: number;
  skip: number;
  search: string;
  /** Those with lower ids alone. */
  before?: number | undefined;
}

const ownColumns = `${shownColumns}, posts.id AS rank`;
const select = `SELECT ${ownColumns} FROM posts JOIN authors ON authors.id = owner_id`;
const newest = 'posts.id <= $3 ORDER BY posts.id DESC LIMIT $2';
const own = defineStatement('own-posts', withinBytes(`${select} WHERE owner_id = $1 AND ${newest}`), {
  prepared: true,
});
// Passes over entries of the index, where the one above would read each post and its author to pass over it.
const ownFurther = defineStatement(
  'own-posts-further',
  withinBytes(`
    SELECT ${ownColumns}
    FROM (SELECT id AS page_id FROM posts WHERE owner_id = $1 AND ${newest} OFFSET $4) AS page
    JOIN posts ON posts.id = page_id JOIN authors ON authors.id = owner_id`),
  { prepared: true },
);
// Its best plan depends on what is searched for.
const ownFound = defineStatement(
  'own-posts-found',
  withinBytes(`${select} WHERE owner_id = $1 AND title ILIKE $5 AND ${newest} OFFSET $4`),
);
// As an expression, the whole text is left to the rows that the index of a word of it has found.
const ownFoundByWord = defineStatement(
  'own-posts-found-by-word',
  withinBytes(
    `${select} WHERE owner_id = $1 AND title ILIKE $6 AND title || '' ILIKE $5 AND ${newest} OFFSET $4`,
  ),
);

const ownAfter = defineStatement(
  'own-posts-after',
  `${select} WHERE owner_id = $1 AND posts.id > $2 ORDER BY posts.id LIMIT $3`,
);

/** The user's own posts with higher ids, drafts too, the oldest first. */
export const listOwnAfter = (ownerId: number, after: number, limit: number): Promise<ShownPost[]> =>
  sql<RankedPost>(ownAfter, [ownerId, after, limit]);

/** The user's own posts, drafts too, newest first; not read when nobody wants them any more. */
export async function listOwn(ownerId: number, query: OwnQuery, isWanted?: () => boolean): Promise<Page> {
  const { statement, values } = ownStatement(ownerId, query, await planSearch(query.search));
  const rows = await sharedSql<RankedPost>(statement, values, isWanted);
  const posts = rows.slice(0, query.limit);
  const last = posts.at(-1);
  return { posts, ...(rows.length > query.limit && last && { end: { rank: last.id, id: last.id } }) };
}

const largestId = 2_147_483_647;

/** The statement for one post more than a page has. */
export function ownStatement(
  ownerId: number,
  { limit, skip, before }: OwnQuery,
  { text, indexed = text }: TitleSearch,
) {
  const page = [ownerId, limit + 1, before === undefined ? largestId : before - 1];
  if (indexed !== text)
    return { statement: ownFoundByWord, values: [...page, skip, containing(text), containing(indexed)] };
  if (text) return { statement: ownFound, values: [...page, skip, containing(text)] };
  return skip > 0 ? { statement: ownFurther, values: [...page, skip] } : { statement: own, values: page };
}
