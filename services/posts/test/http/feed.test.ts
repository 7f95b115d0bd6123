import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, query, tokenFor, type Answer } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

interface Shown {
  id: number;
  title: string;
  votes: number;
}

let posts: Posts;
const token = tokenFor(freshId());

beforeAll(async () => {
  posts = await startPosts();
});
afterAll(() => posts.stop());

/** An author with these posts, of which the first is the oldest; returns their ids. */
async function authorOf(
  ...made: { title?: string; votes?: number; published?: boolean; hoursOld?: number }[]
): Promise<{ ownerId: number; ids: number[] }> {
  const ownerId = freshId();
  await query(
    `INSERT INTO posts.authors (id, email, created_at) VALUES ($1::int, $1::int || '@example.test', '2026-01-02T03:04:05Z')`,
    [ownerId],
  );
  const rows = await query<{ id: number }>(
    `INSERT INTO posts.posts (owner_id, title, content, published, votes, created_at)
     SELECT $1, coalesce(title, 'A title'), 'C', coalesce(published, true), coalesce(votes, 0),
            now() - coalesce("hoursOld", 0) * interval '1 hour'
     FROM jsonb_to_recordset($2) AS made (title text, votes int, published boolean, "hoursOld" float) RETURNING id`,
    [ownerId, JSON.stringify(made)],
  );
  return { ownerId, ids: rows.map(({ id }) => id) };
}

const ask = (parameters: string) => posts.ask('GET', `/feed?${parameters}`, { token });
const shown = ({ body }: Answer) => body as unknown as Shown[];
const idsOf = (answer: Answer) => shown(answer).map(({ id }) => id);
const nextOf = ({ headers }: Answer) => /^<(\/feed\?.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];

/** Follows `next` from the first page to the last. */
async function walk(parameters: string, betweenPages?: () => Promise<unknown>): Promise<Shown[]> {
  const seen: Shown[] = [];
  for (let path: string | undefined = `/feed?${parameters}`; path;) {
    const answer = await posts.ask('GET', path, { token });
    expect(answer.status).toBe(200);
    seen.push(...shown(answer));
    path = nextOf(answer);
    if (path) await betweenPages?.();
  }
  return seen;
}

describe('GET /feed', () => {
  it("shows everybody's published posts, newest first, as GET /posts/{id} does", async () => {
    const { token: own } = posts.newAuthor();
    const json = { title: 'Mine', content: 'C' };
    const { body } = await posts.ask('POST', '/posts', { token: own, json });
    await posts.ask('POST', '/posts', { token: own, json: { ...json, published: false } });
    const { ids } = await authorOf({}, { published: false });
    const answer = await ask('limit=2');
    expect([answer.status, idsOf(answer)]).toEqual([200, [ids[0], body.id]]);
    expect(shown(answer)[1]).toEqual(body);
    expect((await posts.ask('GET', '/feed/', { token: own })).status).toBe(200);
  });

  it('orders by votes and by hotness, with ties broken by id', async () => {
    const { ownerId, ids } = await authorOf(
      { votes: 2 },
      { votes: 9, hoursOld: 13 },
      { votes: 2 },
      { votes: 100, hoursOld: 24 },
      { votes: 0 },
    );
    const [two, nine, twoMore, hundred, none] = ids;
    expect(idsOf(await ask(`owner_id=${ownerId}&sort=top`))).toEqual([hundred, nine, twoMore, two, none]);
    // Ten times the votes make up for twelve and a half hours.
    expect(idsOf(await ask(`owner_id=${ownerId}&sort=hot`))).toEqual([twoMore, two, hundred, none, nine]);
    expect(idsOf(await ask(`owner_id=${ownerId}&sort=new`))).toEqual(ids.toReversed());
  });

  it('ranks posts by votes within a period', async () => {
    const hours = [1, 30, 24 * 8, 24 * 40, 24 * 400];
    const { ids } = await authorOf(
      ...hours.map((hoursOld, index) => ({ hoursOld, votes: 1_000_000 + index, title: 'An age' })),
    );
    const owner = (await authorOf()).ownerId;
    expect(idsOf(await ask(`sort=top&period=day&owner_id=${owner}`))).toEqual([]);
    for (const [index, period] of ['day', 'week', 'month', 'year', 'all'].entries()) {
      const expected = ids.slice(0, index + 1).toReversed();
      expect(idsOf(await ask(`sort=top&period=${period}&limit=${index + 1}`))).toEqual(expected);
      expect(idsOf(await ask(`sort=top&period=${period}&search=an%20age`))).toEqual(expected);
      expect(idsOf(await ask(`sort=top&period=${period}&search=AG`)).slice(0, index + 1)).toEqual(expected);
    }
  });

  it('finds titles that contain the search, taken literally, whatever its length or letters', async () => {
    const titles = ['100% Wool', 'snake_case', 'back\\slash', 'Привет мир', '日本', 'ЯЗ', '☃☃☃'];
    const { ownerId } = await authorOf(...titles.map((title) => ({ title })));
    const found = async (search: string) =>
      shown(await ask(`owner_id=${ownerId}&search=${encodeURIComponent(search)}`)).map(({ title }) => title);
    expect(await found('wool')).toEqual(['100% Wool']);
    expect(await found('0%')).toEqual(['100% Wool']);
    expect(await found('%')).toEqual(['100% Wool']);
    expect(await found('_')).toEqual(['snake_case']);
    expect(await found('\\')).toEqual(['back\\slash']);
    expect(await found('привет')).toEqual(['Привет мир']);
    expect(await found('я')).toEqual(['ЯЗ']);
    expect(await found('本')).toEqual(['日本']);
    expect(await found('☃☃☃')).toEqual(['☃☃☃']);
    expect(await found('e_x')).toEqual([]);
    expect(await found('')).toHaveLength(titles.length);
  });

  it('finds several adjacent words, whether one of them is rare or all are frequent', async () => {
    const frequent = Array.from({ length: 25 }, () => ({ title: 'Heather garden' }));
    const { ownerId } = await authorOf({ title: 'Heather quince' }, { title: 'Quince heather' }, ...frequent);
    for (const list of [`/feed?owner_id=${ownerId}`, '/posts?']) {
      const found = async (search: string) => {
        const path = `${list}&limit=100&search=${encodeURIComponent(search)}`;
        const { body } = await posts.ask('GET', path, { token: tokenFor(ownerId) });
        return (body as unknown as { title: string }[]).map(({ title }) => title);
      };
      expect(await found('her QUINCE')).toEqual(['Heather quince']);
      expect(await found('heather  quince')).toEqual([]);
      expect(await found('heather gard')).toHaveLength(25);
      expect(await found('garden heather')).toEqual([]);
      expect(await found('quince дом')).toEqual([]);
    }
  });

  it.each(['new', 'top', 'hot', 'top&period=week', 'top&search=T', 'hot&search=title'])(
    'shows each post once on the way through sort=%s',
    async (sort) => {
      const made = Array.from({ length: 25 }, (_, index) => ({ votes: index % 3 }));
      const { ownerId, ids } = await authorOf(...made);
      const seen = await walk(`owner_id=${ownerId}&limit=4&sort=${sort}`);
      expect(seen.map(({ id }) => id).toSorted((one, other) => one - other)).toEqual(ids);
    },
  );

  it('does not link beyond the last page', async () => {
    const { ownerId } = await authorOf({}, {}, {});
    expect(nextOf(await ask(`owner_id=${ownerId}&limit=2`))).toMatch(/limit=2.*&cursor=/);
    expect(nextOf(await ask(`owner_id=${ownerId}&limit=3`))).toBeUndefined();
    const head = await posts.ask('HEAD', `/feed?owner_id=${ownerId}&limit=2`, { token });
    expect([head.status, nextOf(head)]).toEqual([200, expect.any(String)]);
  });

  it('continues where a search without an index stopped reading', async () => {
    const { ownerId } = await authorOf({ title: 'ÿ last' });
    await query(
      `INSERT INTO posts.posts (owner_id, title, content, published)
       SELECT $1, CASE n WHEN 1 THEN 'ÿ next' ELSE 'T' END, 'C', true FROM generate_series(1, 10001) AS n`,
      [ownerId],
    );
    const first = await ask(`owner_id=${ownerId}&search=${encodeURIComponent('ÿ')}`);
    expect([shown(first), nextOf(first)]).toEqual([[], expect.any(String)]);
    const rest = await posts.ask('GET', nextOf(first) ?? '', { token });
    expect([shown(rest).map(({ title }) => title), nextOf(rest)]).toEqual([['ÿ next', 'ÿ last'], undefined]);
    await query('DELETE FROM posts.posts WHERE owner_id = $1', [ownerId]);
  });

  it.each([
    ['sort=best', ['sort']],
    ['sort=', ['sort']],
    ['period=hour', ['period']],
    ['owner_id=0', ['owner_id']],
    ['owner_id=2147483648', ['owner_id']],
    ['owner_id=x&limit=0&cursor=x&sort=x', ['sort', 'owner_id', 'limit', 'cursor']],
    ['limit=101', ['limit']],
    ['limit=1&limit=2', ['limit']],
    [`search=${'x'.repeat(201)}`, ['search']],
    ['search=%00', ['search']],
    ['cursor=', ['cursor']],
    [`cursor=${Buffer.from('[1,1]').toString('base64url')}.${'A'.repeat(43)}`, ['cursor']],
  ])('refuses %s', async (parameters, fields) => {
    const { status, body } = await ask(parameters);
    expect([status, body.code, body.errors?.map(({ field }) => field)]).toEqual([
      422,
      'validation_failed',
      fields,
    ]);
  });

  it('accepts a cursor only unchanged and with its own sort and filters, for pages of any length', async () => {
    const { ownerId, ids } = await authorOf({}, {}, {}, {});
    const cursorOf = async (parameters: string) =>
      new URL(nextOf(await ask(parameters)) ?? '', 'http://a').searchParams.get('cursor') ?? '';
    const filters = `owner_id=${ownerId}&search=title`;
    const cursor = await cursorOf(`${filters}&limit=1`);
    expect(idsOf(await ask(`${filters}&limit=3&cursor=${cursor}`))).toEqual(ids.slice(0, 3).toReversed());
    const foreign = [
      `${filters}&sort=top`,
      `${filters}1`,
      `owner_id=${ownerId}`,
      `owner_id=${ownerId + 1}&search=title`,
    ];
    for (const parameters of foreign) expect((await ask(`${parameters}&cursor=${cursor}`)).status).toBe(422);
    const ofDay = await cursorOf(`sort=top&period=day&limit=1&owner_id=${ownerId}`);
    expect((await ask(`sort=top&period=week&owner_id=${ownerId}&cursor=${ofDay}`)).status).toBe(422);
    const forged = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
    expect((await ask(`${filters}&cursor=${forged}`)).status).toBe(422);
  });

  it('asks for a token', async () => {
    expect((await posts.ask('GET', '/feed?cursor=x')).status).toBe(401);
  });
});

describe('following next over 500 posts', () => {
  const made = Array.from({ length: 500 }, (_, index) => ({ votes: index % 7, hoursOld: 500 - index }));
  const chosen = (ids: number[], part: number) => ids.filter((id) => id % 5 === part);

  it.each(['new', 'top', 'hot', 'top&period=month'])(
    'shows each that was there once, though others post, vote and delete: sort=%s',
    async (sort) => {
      const { ownerId, ids } = await authorOf(...made);
      const [votedFor, deleted] = [chosen(ids, 0), chosen(ids, 1)];
      // In the other orders a vote moves its post, so that it may be met twice or not at all.
      const staying = ids.filter((id) => id % 5 > 1 || (sort === 'new' && id % 5 === 0));
      const disturb = async () => {
        const [up, gone] = [votedFor.splice(0, 6), deleted.splice(0, 6)];
        await query(
          `WITH voted AS (UPDATE posts.posts SET votes = votes + 1 + id % 9 WHERE id = ANY($2)),
                gone AS (DELETE FROM posts.posts WHERE id = ANY($3))
           INSERT INTO posts.posts (owner_id, title, content, published, votes)
           SELECT $1, 'Added', 'C', true, n FROM generate_series(0, 4) AS n`,
          [ownerId, up, gone],
        );
      };
      const seen = (await walk(`owner_id=${ownerId}&limit=25&sort=${sort}`, disturb)).map(({ id }) => id);
      const timesSeen = (id: number) => seen.filter((each) => each === id).length;
      expect(staying.map(timesSeen)).toEqual(staying.map(() => 1));
      expect(Math.max(...chosen(ids, 1).map(timesSeen))).toBeLessThanOrEqual(1);
    },
  );
});
