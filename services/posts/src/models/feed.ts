import { defineStatementFamily, sharedSql } from '@agora/database';
import { containing } from './post.js';
import { shownColumns, type ShownPost } from './shown-post.js';
import { planSearch, type TitleSearch } from './title-search.js';

/** The orders of the feed and what each ranks posts by; ties are broken by id. */
const ranks = { new: 'id', top: 'votes', hot: 'hot' } as const;

export type Sort = keyof typeof ranks;

/** Which posts of the feed are asked for, and in which order. */
export interface FeedQuery {
  sort: Sort;
  /** Excludes older posts; for `top`. */
  since?: Date | undefined;
  ownerId?: number | undefined;
  /** Part of the title, in any case; the empty one is in all. */
  search: string;
  limit: number;
}

/** The end of a page: the last post that was read, and its rank. */
export interface Position {
  rank: number;
  id: number;
}

/** A post with what it was ranked by: a page can end after any of its posts. */
export interface RankedPost extends ShownPost {
  rank: number;
}

/** Some posts and, while there may be more, where they end. */
export interface Page {
  posts: RankedPost[];
  end?: Position;
}

/** How many posts a search looks through for one page where no index helps it. */
export const looksThrough = 10_000;

/**
 * The published posts after a position, from one snapshot; not read when nobody wants them any more. A search for less than three letters,
 * or for words that are all frequent, may find fewer than there are before `end`.
 */
export async function readFeed(query: FeedQuery, after?: Position, isWanted?: () => boolean): Promise<Page> {
  const { text, bind } = feedStatement(query, await planSearch(query.search), after);
  const rows = await sharedSql<Row>(feed(text, formOf(query, after)), bind, isWanted);
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const isMore = rows.length > query.limit || last?.bound;
  return {
    posts: shown.filter(({ found }) => found),
    ...(isMore && last && { end: { rank: last.rank, id: last.id } }),
  };
}

interface Row extends RankedPost {
  /** Whether it is what was searched for. */
  found: boolean;
  /** Whether the search went no further than to this one. */
  bound: boolean;
}

/** The default length of a page. */
export const usualLimit = 10;

const feed = defineStatementFamily('feed');

/** The usual pages are few enough to be kept prepared; others come in too many forms. */
const formOf = ({ sort, since, ownerId, search, limit }: FeedQuery, after?: Position): string | undefined =>
  search || limit !== usualLimit
    ? undefined
    : [sort, since && 'since', ownerId && 'owner', after && 'after'].filter(Boolean).join('-');

/** The statement for one post more than a page has. */
export function feedStatement(
  query: FeedQuery,
  search: TitleSearch,
  after?: Position,
): { text: string; bind: unknown[] } {
  const bind: unknown[] = [];
  const page = pageOf(query, search, after, (value) => `$${bind.push(value)}`);
  const text = withinBytes(`
    SELECT page.rank, page.found AND authors.deleted_at IS NULL AS found, page.bound, ${shownColumns}
    FROM (${page}) AS page JOIN posts ON posts.id = page.id JOIN authors ON authors.id = owner_id`);
  return { text, bind };
}

/** How large a page is at most, in bytes of JSON; its first post comes however large it is. */
export const maxPageBytes = 1_048_576;

/** The ranked posts that fit on a page, in order, and the next one, which shows that there are more; others are not read. Text is never shorter as JSON. */
export const withinBytes = (ranked: string): string => `
    SELECT * FROM (
      SELECT ranked.*, sum(octet_length(content)) OVER (
        ORDER BY rank DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING
      ) AS bytes_before
      FROM (${ranked}) AS ranked
    ) AS fitting
    WHERE bytes_before IS NULL OR bytes_before <= ${maxPageBytes} ORDER BY rank DESC, id DESC`;

/** Adds a value to those of the statement, and returns its placeholder. */
type Bind = (value: unknown) => string;

function pageOf(
  query: FeedQuery,
  { text, indexed }: TitleSearch,
  after: Position | undefined,
  bind: Bind,
): string {
  if (text && indexed === undefined) return lookThrough(query, after, bind);
  const conditions = conditionsOf(query, after, bind);
  if (indexed) conditions.push(`title ILIKE ${bind(containing(indexed))}`);
  // As an expression it is left to the rows that the index has found.
  if (text && indexed !== text) conditions.push(`title || '' ILIKE ${bind(containing(text))}`);
  const page =
    hasDays(query) && !text
      ? ofEachDay(query, conditions, query.limit + 1, bind)
      : inOrder(query, [...conditions, ...sinceDay(query, bind)], query.limit + 1);
  return `SELECT id, rank, true AS found, false AS bound FROM (${page}) AS ranked`;
}

/** A search without an index. Left to itself, Postgres would read the whole table for what few titles have, and sort what it finds. */
function lookThrough(query: FeedQuery, after: Position | undefined, bind: Bind): string {
  const { since, search, limit } = query;
  const found = [
    `title ILIKE ${bind(containing(search))}`,
    ...(since ? [`created_at >= ${bind(since)}`] : []),
  ];
  // What is older than a long period is passed over here, and counts: there is no bound to how much that would be else.
  const candidates =
    hasDays(query) && daysSince(query.since) < 10
      ? ofEachDay(query, conditionsOf(query, after, bind), looksThrough, bind)
      : inOrder(query, conditionsOf({ ...query, since: undefined }, after, bind), looksThrough);
  return `
    SELECT id, rank, found, bound FROM (
      SELECT id, rank, ${found.join(' AND ')} AS found,
             row_number() OVER (ORDER BY rank DESC, id DESC) = ${looksThrough} AS bound
      FROM (${candidates}) AS candidates
    ) AS seen
    WHERE found OR bound ORDER BY rank DESC, id DESC LIMIT ${limit + 1}`;
}

function conditionsOf(
  { sort, since, ownerId }: FeedQuery,
  after: Position | undefined,
  bind: Bind,
): string[] {
  const conditions = ['published'];
  if (ownerId !== undefined) conditions.push(`owner_id = ${bind(ownerId)}`);
  if (since) conditions.push(`created_at >= ${bind(since)}`);
  if (after) conditions.push(`(${ranks[sort]}, id) < (${bind(after.rank)}, ${bind(after.id)})`);
  return conditions;
}

const inOrder = ({ sort }: FeedQuery, conditions: string[], count: number): string => `
  SELECT id, ${ranks[sort]} AS rank, title, created_at FROM posts WHERE ${conditions.join(' AND ')}
  ORDER BY ${ranks[sort]} DESC, id DESC LIMIT ${count}`;

/** Whether the search is split by days: the posts of one author are few enough without. */
const hasDays = (query: FeedQuery): query is FeedQuery & { since: Date } =>
  query.since !== undefined && query.ownerId === undefined;

const daysSince = (since: Date): number => (Date.now() - since.getTime()) / 86_400_000;

/** Days in UTC, as the index has them. */
const day = "(created_at AT TIME ZONE 'UTC')::date";
const dayOf = (since: Date, bind: Bind) => `(${bind(since)}::timestamptz AT TIME ZONE 'UTC')::date`;

/** Repeats the condition on the time in a form that matches the index of days. */
const sinceDay = (query: FeedQuery, bind: Bind): string[] =>
  hasDays(query) ? [`${day} >= ${dayOf(query.since, bind)}`] : [];

/** The best of each day's best: in one index of all days, the best of long ago would have to be passed over first. */
function ofEachDay(
  query: FeedQuery & { since: Date },
  conditions: string[],
  count: number,
  bind: Bind,
): string {
  const first = dayOf(query.since, bind);
  return `
    SELECT best.* FROM generate_series(0, (now() AT TIME ZONE 'UTC')::date - ${first}) AS later
    CROSS JOIN LATERAL (${inOrder(query, [`${day} = ${first} + later`, ...conditions], count)}) AS best
    ORDER BY rank DESC, id DESC LIMIT ${count}`;
}
