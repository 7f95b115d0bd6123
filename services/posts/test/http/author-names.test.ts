import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userDeleted, userUpdated } from '@agora/contracts';
import { eventually, freshId, openCourier, query, tokenFor, type Courier } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

let posts: Posts;
let courier: Courier;

beforeAll(async () => {
  [posts, courier] = await Promise.all([startPosts(), openCourier()]);
});
afterAll(async () => {
  await courier.close();
  await posts.stop();
});

const write = (token: string) => posts.ask('POST', '/posts', { token, json: { title: 'T', content: 'C' } });
const show = (id: unknown, token: string, headers = {}) =>
  posts.ask('GET', `/posts/${Number(id)}`, { token, headers });
const nameOf = async (id: unknown) => {
  const { body } = await show(id, tokenFor(freshId()));
  return (body.owner as { name: string }).name;
};

describe('the name of an author', () => {
  it('is shown without the address, and follows a renaming within two seconds', async () => {
    const { id: owner, token } = posts.newAuthor();
    const { body } = await write(token);
    expect(body.owner).toEqual({
      id: owner,
      name: `author_${owner}`,
      created_at: '2026-01-02T03:04:05.678Z',
    });
    await courier.deliver(userUpdated, { user_id: owner, name: 'ada', version: 3 });
    await eventually(async () => expect(await nameOf(body.id)).toBe('ada'), 2_000);
    await courier.deliver(userUpdated, { user_id: owner, name: 'late', version: 2 });
    await courier.deliver(userUpdated, { user_id: owner, name: 'countess', version: 4 });
    await eventually(async () => expect(await nameOf(body.id)).toBe('countess'), 2_000);
  });

  it("stays the newer one when auth's answer arrives after the event of a renaming", async () => {
    const { id: owner, token } = posts.newAuthor();
    await courier.deliver(userUpdated, { user_id: owner, name: 'ada', version: 2 });
    await eventually(async () =>
      expect(await query('SELECT name FROM posts.authors WHERE id = $1', [owner])).toEqual([{ name: 'ada' }]),
    );
    const { status, body } = await write(token);
    expect([status, body.owner]).toEqual([201, expect.objectContaining({ name: 'ada' })]);
  });

  it('changes the tag for If-None-Match, but not for If-Match', async () => {
    const { id: owner, token } = posts.newAuthor();
    const { body, headers } = await write(token);
    const tag = headers.get('etag') ?? '';
    expect((await show(body.id, token, { 'If-None-Match': tag })).status).toBe(304);
    await courier.deliver(userUpdated, { user_id: owner, name: 'ada', version: 2 });
    await eventually(async () =>
      expect((await show(body.id, token, { 'If-None-Match': tag })).status).toBe(200),
    );
    const change = { token, json: { title: 'New' }, headers: { 'If-Match': tag } };
    expect((await posts.ask('PATCH', `/posts/${Number(body.id)}`, change)).status).toBe(200);
  });

  it('is removed with the account, and no later renaming restores it', async () => {
    const owner = freshId();
    await courier.deliver(userDeleted, { user_id: owner });
    await courier.deliver(userUpdated, { user_id: owner, name: 'ghost', version: 9 });
    await courier.deliver(userDeleted, { user_id: owner });
    const last = freshId();
    await courier.deliver(userUpdated, { user_id: last, name: 'last', version: 2 });
    await eventually(async () =>
      expect(await query('SELECT name FROM posts.authors WHERE id = $1', [last])).toHaveLength(1),
    );
    expect(await query('SELECT name FROM posts.authors WHERE id = $1', [owner])).toEqual([{ name: null }]);
  });

  it('is fetched for rows of an older release, whose addresses are removed', async () => {
    const { id: owner } = posts.newAuthor();
    await query(
      `INSERT INTO posts.authors (id, email, created_at) VALUES ($1, 'ada@example.test', '2026-01-02T03:04:05.678Z')`,
      [owner],
    );
    await posts.agora.process('posts').end();
    await posts.agora.process('posts').restart();
    await eventually(async () =>
      expect(await query('SELECT name, email, version FROM posts.authors WHERE id = $1', [owner])).toEqual([
        { name: `author_${owner}`, email: null, version: 1 },
      ]),
    );
  });
});
