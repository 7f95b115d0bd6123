import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { query } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

const lastId = 2_147_483_647;
const sequence = 'posts.posts_id_seq';
let posts: Posts;
let given: number;

beforeAll(async () => {
  posts = await startPosts({});
  const [row] = await query<{ last: number }>(`SELECT last_value::int AS last FROM ${sequence}`);
  given = row?.last ?? 1;
});
afterAll(async () => {
  await query('SELECT setval($1, $2)', [sequence, given]);
  await posts.stop();
});

const publish = () =>
  posts.ask('POST', '/posts', {
    token: posts.newAuthor().token,
    json: { title: 'Title', content: 'Content' },
  });
const ratioOf = async () => {
  const metrics = await (await fetch(`${posts.agora.process('posts').internalUrl}/metrics`)).text();
  return Number(/^id_space_used_ratio\{sequence="posts_id_seq"\} (\S+)$/m.exec(metrics)?.[1]);
};

it('reports when all ids have been given, and warns before that', async () => {
  expect((await publish()).status).toBe(201);
  await query('SELECT setval($1, $2)', [sequence, lastId]);
  expect(await publish()).toMatchObject({
    status: 503,
    body: { code: 'unavailable', detail: 'No more posts can be created: all ids are in use.' },
  });
  expect(await ratioOf()).toBe(1);
});
