import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freshId, query, tokenFor } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

const mebibyte = 1_048_576;
let posts: Posts;

beforeAll(async () => {
  posts = await startPosts();
});
afterAll(() => posts.stop());

async function authorOf(contents: string[]): Promise<{ ownerId: number; ids: number[] }> {
  const ownerId = freshId();
  await query(
    `INSERT INTO posts.authors (id, email, created_at) VALUES ($1::int, $1::int || '@example.test', now())`,
    [ownerId],
  );
  const rows = await query<{ id: number }>(
    `INSERT INTO posts.posts (owner_id, title, content, published)
     SELECT $1, 'Long', content, true FROM unnest($2::text[]) WITH ORDINALITY AS given (content, place) ORDER BY place RETURNING id`,
    [ownerId, contents],
  );
  return { ownerId, ids: rows.map(({ id }) => id) };
}

/** The sizes of all pages, and the ids on them. */
async function walk(path: string, token: string) {
  const sizes: number[] = [];
  const ids: number[] = [];
  for (let next: string | undefined = path; next;) {
    const answer = await posts.ask('GET', next, { token });
    expect(answer.status).toBe(200);
    sizes.push(Buffer.byteLength(JSON.stringify(answer.body)));
    ids.push(...(answer.body as unknown as { id: number }[]).map(({ id }) => id));
    next = /^<(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  return { sizes, ids };
}

it.each(['/feed?limit=100&owner_id=', '/feed?limit=100&sort=top&owner_id=', '/posts?limit=100&x='])(
  'ends a page of %s before it exceeds 1 MiB, and goes on behind it',
  async (path) => {
    // 60 to 120 KB each, as JSON.
    const contents = Array.from({ length: 30 }, (_, index) =>
      (index % 2 ? '\u{1f600}' : '\\"\n').repeat(10_000 - index).slice(0, 20_000),
    );
    const { ownerId, ids } = await authorOf(contents);
    const walked = await walk(path + String(ownerId), tokenFor(ownerId));
    expect(walked.ids).toEqual(ids.toReversed());
    expect(walked.sizes.length).toBeGreaterThan(1);
    for (const size of walked.sizes) expect(size).toBeLessThanOrEqual(mebibyte);
    // Not before it has to.
    for (const size of walked.sizes.slice(0, -1)) expect(size).toBeGreaterThan(mebibyte - 130_000);
  },
);

it('shows the first post of a page however large it is', async () => {
  // No client writes as much; what was imported may be so large.
  const { ownerId, ids } = await authorOf(['small', 'x'.repeat(1_500_000), 'small']);
  const { ids: walked, sizes } = await walk(`/feed?limit=100&owner_id=${ownerId}`, tokenFor(freshId()));
  expect(walked).toEqual(ids.toReversed());
  expect(sizes.map((size) => size > mebibyte)).toEqual([false, true, false]);
});
