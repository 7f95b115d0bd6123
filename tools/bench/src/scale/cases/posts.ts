import { get, send, times, type Case } from './case.js';
import { moderator, type World } from '../world.js';

const posts = (name: string, requests: Case['requests'], more: Partial<Case> = {}): Case => ({
  name,
  service: 'posts',
  requests,
  ...more,
});

/** A read by the author of a quarter of all posts. */
const read = (path: string, pathOf: (world: World) => string | Promise<string> = () => path): Case =>
  posts(`GET ${path}`, async (world, count) => {
    const asked = await pathOf(world);
    return times(count, () => get(asked, world.as(world.system.data.author)));
  });

const text = { title: 'How to prune roses', content: 'In early spring. '.repeat(24) };
const somePost = (world: World) => world.next(world.system.data.posts);

/** The number of an own post in the middle, of as many digits as no other number begins with. */
const oneOwn = (count: number) => Math.round(count / 2) * 4;

/** The page after 2,000 posts. */
const farBack = (world: World) => after(world, '/posts?limit=100', world.system.data.author);
const feedFarBack = (world: World) => after(world, '/feed?limit=100', world.system.data.author);

/** What clients ask of posts. */
export const casesOfPosts: readonly Case[] = [
  posts(
    'POST /posts',
    (world, count) => world.users(count).map((user) => send('POST', '/posts', world.as(user), text)),
    { reactions: { votes: 'upsert-post-when-created' } },
  ),
  posts('POST /posts with an Idempotency-Key', (world, count) =>
    world
      .users(count)
      .map((user) => send('POST', '/posts', { ...world.as(user), 'Idempotency-Key': `key-${user}` }, text)),
  ),
  read('/posts'),
  read('/posts?cursor= far back', farBack),
  read('/posts?search=, no match', () => '/posts?search=zzyzx'),
  read(
    '/posts?search=, a rare and a common word',
    ({ system }) => `/posts?search=post%20${oneOwn(system.data.ownPosts)}`,
  ),
  read('/posts?search=, a rare word', ({ system }) => `/posts?search=${oneOwn(system.data.ownPosts)}`),
  posts('GET /posts/{id}', (world, count) =>
    times(count, () => get(`/posts/${somePost(world)}`, world.as(world.system.data.author))),
  ),
  posts('GET /posts/{id}?include=my_vote, post with many votes', (world, count) =>
    times(count, () =>
      get(`/posts/${world.system.data.hotPost}?include=my_vote`, world.as(world.system.data.author)),
    ),
  ),
  posts(
    'PUT /posts/{id}',
    (world, count) =>
      world.owners(count).map(({ user, post }) => send('PUT', `/posts/${post}`, world.as(user), text)),
    { reactions: { votes: 'upsert-post-when-updated' }, count: 10 },
  ),
  posts(
    'PATCH /posts/{id}',
    (world, count) =>
      world
        .owners(count)
        .map(({ user, post }) => send('PATCH', `/posts/${post}`, world.as(user), { title: 'Roses' })),
    { count: 10 },
  ),
  posts(
    'DELETE /posts/{id}',
    (world, count) =>
      world.owners(count).map(({ user, post }) => send('DELETE', `/posts/${post}`, world.as(user))),
    { reactions: { votes: 'erase-votes-when-post-deleted' }, count: 10 },
  ),
  read('/feed'),
  read('/feed?sort=top'),
  read('/feed?sort=hot'),
  read('/feed?sort=top&period=week'),
  read('/feed?sort=top&period=year'),
  read('/feed?owner_id=, author with many posts', ({ system }) => `/feed?owner_id=${system.data.author}`),
  read(
    '/feed?owner_id=…&sort=top, author with many posts',
    ({ system }) => `/feed?sort=top&owner_id=${system.data.author}`,
  ),
  read('/feed?search=, a common word', () => '/feed?search=post'),
  read('/feed?search=, no match', () => '/feed?search=zzyzx'),
  read(
    '/feed?search=, a rare and a common word',
    ({ system }) => `/feed?search=post%20${oneOwn(system.data.ownPosts)}`,
  ),
  read('/feed?search=, a rare word', ({ system }) => `/feed?search=${oneOwn(system.data.ownPosts)}`),
  read('/feed?include=my_vote&limit=100'),
  read('/feed?cursor= far back', feedFarBack),
  posts(
    'GET /feed/stream',
    (world, count) => times(count, () => get('/feed/stream', world.as(world.reader()))),
    { count: 10 },
  ),
  posts('POST /feed/stream/tickets', (world, count) =>
    times(count, () => send('POST', '/feed/stream/tickets', world.as(world.reader()))),
  ),
  posts(
    'POST /posts/{id}/reports',
    (world, count) =>
      world
        .users(count)
        .map((user) => send('POST', `/posts/${somePost(world)}/reports`, world.as(user), { reason: 'Spam' })),
    { count: 10 },
  ),
  posts(
    'PUT /posts/{id}/removal',
    (world, count) =>
      world
        .owners(count)
        .map(({ post }) => send('PUT', `/posts/${post}/removal`, world.as(moderator), { reason: 'Spam' })),
    { count: 10 },
  ),
  posts(
    'DELETE /posts/{id}/removal',
    async (world, count) => {
      const removed = world.owners(count).map(({ post }) => post);
      await world.run(
        `UPDATE posts.posts SET published = false, author_published = true, removed_at = now(), removal_reason = 'Spam'
       WHERE id = ANY($1::int[])`,
        [removed],
      );
      return removed.map((post) => send('DELETE', `/posts/${post}/removal`, world.as(moderator)));
    },
    { count: 10 },
  ),
  posts('GET /moderation/reports', (world, count) =>
    times(count, () => get('/moderation/reports', world.as(moderator))),
  ),
  posts(
    'DELETE /moderation/reports/{id}',
    async (world, count) => {
      const reports = await world.run<{ id: number }>(
        `INSERT INTO posts.reports (post_id, reporter_id, reason) SELECT post, reporter, 'Spam'
       FROM unnest($1::int[], $2::int[]) AS given (post, reporter) RETURNING id`,
        [times(count, () => somePost(world)), world.users(count)],
      );
      return reports.map(({ id }) => send('DELETE', `/moderation/reports/${id}`, world.as(moderator)));
    },
    { count: 10 },
  ),
  posts('GET /moderation/log', (world, count) =>
    times(count, () => get('/moderation/log', world.as(moderator))),
  ),
];

export const endingsOfPosts: readonly Case[] = [
  posts(
    'DELETE /posts/{id}, post with many votes',
    async (world) => {
      const { hotPost: post } = world.system.data;
      const [{ owner_id: user } = { owner_id: 0 }] = await world.run<{ owner_id: number }>(
        'SELECT owner_id FROM posts.posts WHERE id = $1',
        [post],
      );
      return [send('DELETE', `/posts/${post}`, world.as(user))];
    },
    { once: true, count: 1, reactions: { votes: 'erase-votes-when-post-deleted' }, reactionsGrow: true },
  ),
];

async function after(world: World, first: string, user: number): Promise<string> {
  const origin = world.system.processes.posts?.origin ?? '';
  let path = first;
  for (let page = 0; page < 20; page += 1) {
    const response = await fetch(`${origin}${path}`, { headers: world.as(user) });
    await response.arrayBuffer();
    const [, next] = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
    if (!next) break;
    path = next;
  }
  return path.replace(/limit=\d+/, 'limit=10');
}
