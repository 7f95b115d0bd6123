import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { currentStack } from '@agora/testing';
import pg from 'pg';
import { feedStatement, looksThrough, type FeedQuery, type Position } from '../../src/models/feed.js';
import { ownStatement } from '../../src/models/own-posts.js';
import type { TitleSearch } from '../../src/models/title-search.js';

/** Separate from the tables of the other tests, which stay small. */
const schema = 'many_posts';
const count = 100_000;
/** Has a hundredth of all posts. */
const owner = 7;

let client: pg.Client;

beforeAll(async () => {
  const { postgres, worker } = currentStack();
  client = new pg.Client({ ...postgres, database: worker.database });
  await client.connect();
  await client.query(`
    CREATE SCHEMA ${schema};
    CREATE TABLE ${schema}.authors (LIKE posts.authors INCLUDING ALL);
    CREATE TABLE ${schema}.posts (LIKE posts.posts INCLUDING ALL);
    SET search_path = ${schema}, public;
    INSERT INTO authors SELECT n, n || '@example.test', now() FROM generate_series(0, 9999) AS n;
    -- Over two years, so that a period is a part of them; one in twenty is a draft, one in five about gardens, one in a thousand about owls.
    INSERT INTO posts (owner_id, title, content, published, votes, created_at)
      SELECT CASE n % 100 WHEN 7 THEN ${owner} ELSE n % 10000 END,
             CASE WHEN n % 1000 = 0 THEN 'Owl' WHEN n % 5 = 0 THEN 'Garden' ELSE 'Bread' END || ' number ' || n,
             'Some content', n % 20 <> 1, n * 7919 % 1000, now() - (${count} - n) * interval '630 seconds'
      FROM generate_series(1, ${count}) AS n;
    ANALYZE authors; ANALYZE posts;`);
}, 120_000);
afterAll(async () => {
  await client.query(`DROP SCHEMA ${schema} CASCADE`);
  await client.end();
});

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Node[];
}

/** What a statement did, as Postgres itself says. */
async function nodesOf(sql: string, bind: unknown[] = []): Promise<Node[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
    bind,
  );
  const flatten = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flatten)];
  return rows.flatMap((row) => flatten(row['QUERY PLAN'][0].Plan));
}

function expectIndexed(nodes: Node[]): void {
  const scanned = nodes.filter((node) => node['Node Type'] === 'Seq Scan');
  expect(scanned.map((node) => node['Relation Name'])).toEqual([]);
  const sorted = nodes
    .filter((node) => node['Node Type'].includes('Sort'))
    .flatMap(({ Plans = [] }) => Plans.map((input) => input['Actual Rows'] * input['Actual Loops']));
  expect(Math.max(0, ...sorted)).toBeLessThanOrEqual(looksThrough);
}

/** What `planSearch` finds, by the titles above. */
const planOf = (text: string): TitleSearch => ({
  text,
  indexed: /^(?:garden|bread) number$/i.test(text)
    ? undefined
    : (/\d{3,}/.exec(text) ?? /[a-z]{3,}/i.exec(text))?.[0],
});

const sorts = ['new', 'top', 'hot'] as const;
const days = (n: number) => new Date(Date.now() - n * 86_400_000);
const periods = { day: days(1), week: days(7), month: days(30), year: days(365) };
const searches = {
  'a frequent word': 'garden',
  'a rare word': 'OWL',
  'no word': 'zebra',
  letters: 'ow',
  signs: '☃☃☃',
  'a rare word and one that all have': 'number 4321',
  'words that are all frequent': 'Garden number',
};

const orders: [string, Pick<FeedQuery, 'sort' | 'since'>][] = [
  ...sorts.map((sort): [string, { sort: typeof sort }] => [sort, { sort }]),
  ...Object.entries(periods).map(([name, since]): [string, { sort: 'top'; since: Date }] => [
    `top of the ${name}`,
    { sort: 'top', since },
  ]),
];
const filters: [string, Pick<FeedQuery, 'search' | 'ownerId'>][] = [
  ['', { search: '' }],
  [' of one author', { search: '', ownerId: owner }],
  ...Object.entries(searches).flatMap(([name, search]): typeof filters => [
    [` with ${name}`, { search }],
    [` with ${name} of one author`, { search, ownerId: owner }],
  ]),
];
const cases = orders.flatMap(([order, asked]) =>
  filters.map(([filter, more]) => [order + filter, { ...asked, ...more, limit: 10 }] as const),
);

/** Where page 1,000 begins, or half of the way where there are fewer. */
async function farPosition({ sort, ownerId }: FeedQuery): Promise<Position> {
  const rank = { new: 'id', top: 'votes', hot: 'hot' }[sort];
  const { rows } = await client.query<Position>(
    `SELECT ${rank} AS rank, id FROM posts WHERE published AND ($1::int IS NULL OR owner_id = $1)
     ORDER BY ${rank} DESC, id DESC OFFSET $2 LIMIT 1`,
    [ownerId, ownerId === undefined ? 9_990 : 500],
  );
  return rows[0] ?? { rank: 0, id: 0 };
}

it.each(cases)('%s is read from an index, on the first page and far behind it', async (_name, query) => {
  const plan = planOf(query.search);
  for (const after of [undefined, await farPosition(query)]) {
    const { text, bind } = feedStatement(query, plan, after);
    expectIndexed(await nodesOf(text, bind));
  }
});

it.each(['', ...Object.values(searches)])(
  "an author's own posts that contain %j are read from an index",
  async (search) => {
    const { statement, values } = ownStatement(owner, { limit: 10, skip: 500, search }, planOf(search));
    expectIndexed(await nodesOf(statement.text, values));
  },
);
