import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { whileLocked } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

let posts: Posts;

beforeAll(async () => {
  posts = await startPosts();
});
afterAll(() => posts.stop());

it('keeps reading other posts while 60 clients wait to change a locked one', async () => {
  const { token } = posts.newAuthor();
  const publish = async () =>
    (await posts.ask('POST', '/posts', { token, json: { title: 'Title', content: 'Content' } })).body.id;
  const [locked, other] = [await publish(), await publish()];
  await whileLocked('SELECT FROM posts.posts WHERE id = $1 FOR UPDATE', [locked], async () => {
    const changes = Array.from({ length: 60 }, () =>
      posts.ask('PATCH', `/posts/${String(locked)}`, { token, json: { title: 'Other' } }).then(
        ({ status }) => status,
        () => 503,
      ),
    );
    const waits: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const began = performance.now();
      expect((await posts.ask('GET', `/posts/${String(other)}`, { token })).status).toBe(200);
      waits.push(performance.now() - began);
    }
    expect(Math.max(...waits)).toBeLessThan(800);
    expect(new Set(await Promise.all(changes))).toEqual(new Set([503]));
  });
}, 120_000);
