import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { userUpdated } from '@agora/contracts';
import { eventually, openCourier, type Courier } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

let posts: Posts;
let courier: Courier;

beforeAll(async () => {
  [posts, courier] = await Promise.all([startPosts({ PUBLIC_EMAILS: 'true' }), openCourier()]);
});
afterAll(async () => {
  await courier.close();
  await posts.stop();
});

it("with PUBLIC_EMAILS, shows an author's address, and a changed one within two seconds with a new tag", async () => {
  const { id: owner, token } = posts.newAuthor();
  posts.change(owner, { email: 'ada@example.test' });
  const json = { title: 'T', content: 'C' };
  const { body, headers } = await posts.ask('POST', '/posts', { token, json });
  expect(body.owner).toMatchObject({ id: owner, email: 'ada@example.test' });
  let tag = headers.get('etag') ?? '';
  const readAgain = async () => {
    const read = await posts.ask('GET', `/posts/${Number(body.id)}`, {
      token,
      headers: { 'If-None-Match': tag },
    });
    if (read.status === 304) return undefined;
    tag = read.headers.get('etag') ?? '';
    return (read.body.owner as { email: string }).email;
  };
  expect(await readAgain()).toBeUndefined();
  await courier.deliver(userUpdated, { user_id: owner, name: `author_${owner}`, version: 2 });
  // The event arrives before the address: a client that reads in between must not get a 304 afterwards.
  await eventually(async () => expect(await readAgain()).toBe('ada@example.test'), 2_000);
  posts.change(owner, { version: 2, email: 'countess@example.test' });
  await eventually(async () => expect(await readAgain()).toBe('countess@example.test'), 2_000);
});
