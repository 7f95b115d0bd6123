import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { query, type Answer } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

let posts: Posts;

beforeAll(async () => {
  posts = await startPosts();
});
afterAll(() => posts.stop());

const idsOf = ({ body }: Answer) => (body as unknown as { id: number }[]).map(({ id }) => id);
const nextOf = ({ headers }: Answer) =>
  /^<(\/posts\?.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? '';
const cursorOf = (answer: Answer) => new URL(nextOf(answer), 'http://a').searchParams.get('cursor') ?? 'none';

/** Somebody with as many posts, every third of them a draft. */
async function authorOf(count: number): Promise<{ token: string; id: number; ids: number[] }> {
  const { id, token } = posts.newAuthor();
  await query(
    `INSERT INTO posts.authors (id, email, created_at) VALUES ($1::int, $1::int || '@example.test', now())`,
    [id],
  );
  const rows = await query<{ id: number }>(
    `INSERT INTO posts.posts (owner_id, title, content, published)
     SELECT $1, 'Number ' || n, 'C', n % 3 <> 0 FROM generate_series(1, $2) AS n RETURNING id`,
    [id, count],
  );
  return { id, token, ids: rows.map((row) => row.id) };
}

describe('the pages of GET /posts', () => {
  it("show each of the caller's posts and drafts once along the next links, whatever is written and deleted meanwhile", async () => {
    const { token, id, ids } = await authorOf(23);
    const seen: number[] = [];
    const gone = ids[1];
    for (let path = '/posts?limit=5'; path;) {
      const answer = await posts.ask('GET', path, { token });
      expect(answer.status).toBe(200);
      seen.push(...idsOf(answer));
      path = nextOf(answer);
      await query(
        `WITH gone AS (DELETE FROM posts.posts WHERE id = $2)
         INSERT INTO posts.posts (owner_id, title, content, published) VALUES ($1, 'Later', 'C', true)`,
        [id, gone],
      );
    }
    expect(seen).toEqual(ids.filter((each) => each !== gone).toReversed());
  });

  it('link to the next page after a skip, and not beyond the last', async () => {
    const { token, ids } = await authorOf(5);
    const newest = ids.toReversed();
    const second = await posts.ask('GET', '/posts?limit=2&skip=2', { token });
    expect(idsOf(second)).toEqual(newest.slice(2, 4));
    const last = await posts.ask('GET', nextOf(second), { token });
    expect([idsOf(last), nextOf(last)]).toEqual([newest.slice(4), '']);
  });

  it('keep the search and the page length', async () => {
    const { token, ids } = await authorOf(12);
    const first = await posts.ask('GET', '/posts?limit=2&search=number%201', { token });
    expect(idsOf(first)).toEqual([ids[11], ids[10]]);
    const next = await posts.ask('GET', nextOf(first), { token });
    expect([idsOf(next), nextOf(next)]).toEqual([[ids[9], ids[0]], '']);
  });

  it('accept only a cursor of the same user, list and search, and none together with skip', async () => {
    const { token, id } = await authorOf(4);
    const other = await authorOf(1);
    const cursor = cursorOf(await posts.ask('GET', '/posts?limit=1', { token }));
    const fieldsOf = async (path: string, caller = token) => {
      const { status, body } = await posts.ask('GET', path, { token: caller });
      return [status, body.errors?.map(({ field }) => field)];
    };
    const refused = [422, ['cursor']];
    expect(await fieldsOf(`/posts?limit=3&cursor=${cursor}`)).toEqual([200, undefined]);
    expect(await fieldsOf(`/posts?cursor=${cursor}`, other.token)).toEqual(refused);
    expect(await fieldsOf(`/posts?search=Number&cursor=${cursor}`)).toEqual(refused);
    expect(await fieldsOf(`/posts?skip=0&cursor=${cursor}`)).toEqual(refused);
    expect(await fieldsOf('/posts?cursor=x')).toEqual(refused);
    expect(await fieldsOf(`/posts?cursor=${cursor}&cursor=${cursor}`)).toEqual(refused);
    expect(await fieldsOf(`/feed?cursor=${cursor}`)).toEqual(refused);
    const ofFeed = await posts.ask('GET', `/feed?limit=1&owner_id=${id}`, { token });
    const feedCursor = /cursor=([^>&]+)/.exec(ofFeed.headers.get('link') ?? '')?.[1];
    expect(await fieldsOf(`/posts?cursor=${feedCursor}`)).toEqual(refused);
    expect(await fieldsOf(`/feed?limit=1&owner_id=${id}&cursor=${feedCursor}`, other.token)).toEqual(refused);
  });
});
