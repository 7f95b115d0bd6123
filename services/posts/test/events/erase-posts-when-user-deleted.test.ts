import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userDeleted } from '@agora/contracts';
import { eventually, openCourier, query, type Courier } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

describe('when a user is deleted', () => {
  let posts: Posts;
  let courier: Courier;
  const publish = async (token: string) =>
    posts.ask('POST', '/posts', { token, json: { title: 'Title', content: 'Content' } });
  const isBuried = (id: number) =>
    eventually(async () =>
      expect(
        await query('SELECT email FROM posts.authors WHERE id = $1 AND deleted_at IS NOT NULL', [id]),
      ).toEqual([{ email: null }]),
    );

  beforeAll(async () => {
    [posts, courier] = await Promise.all([startPosts(), openCourier()]);
  });
  afterAll(async () => {
    await courier.close();
    await posts.stop();
  });

  it('deletes their posts, tells of each, and keeps nothing of their address', async () => {
    const [ann, bob] = [posts.newAuthor(), posts.newAuthor()];
    const made = [await publish(ann.token), await publish(ann.token)].map(({ body }) => Number(body.id));
    const kept = await publish(bob.token);
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    for (const id of made)
      expect((await posts.ask('GET', `/posts/${id}`, { token: bob.token })).status).toBe(404);
    expect((await posts.ask('GET', `/posts/${String(kept.body.id)}`, { token: bob.token })).status).toBe(200);
    const events = await query<{ id: number }>(
      `SELECT (envelope->'data'->>'post_id')::int AS id FROM posts.outbox
       WHERE envelope->>'type' = 'posts.post-deleted.v1' AND (envelope->'data'->>'post_id')::int = ANY($1) ORDER BY id`,
      [made],
    );
    expect(events.map(({ id }) => id)).toEqual(made);
  });

  it('forgets the answers that show their posts', async () => {
    const ann = posts.newAuthor();
    const json = { title: 'Title', content: 'Content' };
    await posts.ask('POST', '/posts', { token: ann.token, json, headers: { 'Idempotency-Key': 'key' } });
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    expect(await query('SELECT key FROM posts.idempotency_keys WHERE user_id = $1', [ann.id])).toEqual([]);
  });

  it('lets them post no more, though their token is still good', async () => {
    const ann = posts.newAuthor();
    await publish(ann.token);
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    expect((await publish(ann.token)).status).toBe(401);
  });

  it('lets nobody post in their name whose deletion came before their first post', async () => {
    const ann = posts.newAuthor();
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    expect((await publish(ann.token)).status).toBe(401);
  });

  it('leaves nothing of 1,100 posts, in bounded batches', async () => {
    const ann = posts.newAuthor();
    await publish(ann.token);
    await query(
      `INSERT INTO posts.posts (owner_id, title, content, published) SELECT $1, 'T', 'C', true FROM generate_series(1, 1099)`,
      [ann.id],
    );
    const id = await courier.deliver(userDeleted, { user_id: ann.id });
    await eventually(async () =>
      expect(await query('SELECT 1 FROM posts.inbox WHERE event_id = $1', [id])).toHaveLength(1),
    );
    expect(await query('SELECT 1 FROM posts.posts WHERE owner_id = $1', [ann.id])).toEqual([]);
  });

  it('leaves no post of one who posts while they are deleted', async () => {
    const ann = posts.newAuthor();
    await publish(ann.token);
    const posting = Array.from({ length: 40 }, () => publish(ann.token));
    await courier.deliver(userDeleted, { user_id: ann.id });
    await Promise.all(posting);
    await isBuried(ann.id);
    await eventually(async () =>
      expect(await query('SELECT 1 FROM posts.posts WHERE owner_id = $1', [ann.id])).toEqual([]),
    );
  });
});
