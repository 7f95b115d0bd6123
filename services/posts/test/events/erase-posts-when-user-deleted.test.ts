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

  const erased = async (id: number) => {
    await isBuried(id);
    await eventually(async () =>
      expect(await query('SELECT kind FROM posts.erasures WHERE id = $1', [id])).toEqual([]),
    );
  };

  beforeAll(async () => {
    [posts, courier] = await Promise.all([startPosts(), openCourier()]);
  });
  afterAll(async () => {
    await courier.close();
    await posts.stop();
  });

  it('deletes their posts, publishes an event for each, and keeps nothing of their address', async () => {
    const [ann, bob] = [posts.newAuthor(), posts.newAuthor()];
    const made = [await publish(ann.token), await publish(ann.token)].map(({ body }) => Number(body.id));
    const kept = await publish(bob.token);
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    for (const id of made)
      expect((await posts.ask('GET', `/posts/${id}`, { token: bob.token })).status).toBe(404);
    const feed = await posts.ask('GET', '/feed?limit=100', { token: bob.token });
    expect(JSON.stringify(feed.body)).not.toContain(`"owner_id":${ann.id},`);
    await erased(ann.id);
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
    await erased(ann.id);
    expect(await query('SELECT key FROM posts.idempotency_keys WHERE user_id = $1', [ann.id])).toEqual([]);
  });

  it('refuses further posts, though their token is still valid', async () => {
    const ann = posts.newAuthor();
    await publish(ann.token);
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    expect((await publish(ann.token)).status).toBe(401);
  });

  it('refuses the first post of a user whose deletion arrived before it', async () => {
    const ann = posts.newAuthor();
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    expect((await publish(ann.token)).status).toBe(401);
  });

  it('publishes the deletions of a large account slowly enough not to delay the events of others', async () => {
    const [ann, bob] = [posts.newAuthor(), posts.newAuthor()];
    await publish(ann.token);
    await publish(bob.token);
    await query(
      `INSERT INTO posts.posts (owner_id, title, content, published) SELECT $1, 'T', 'C', true FROM generate_series(1, 1000)`,
      [ann.id],
    );
    await courier.deliver(userDeleted, { user_id: ann.id });
    await isBuried(ann.id);
    const waits: number[] = [];
    const left = () => query('SELECT 1 FROM posts.posts WHERE owner_id = $1', [ann.id]);
    while ((await left()).length > 0) {
      const began = performance.now();
      const { body } = await publish(bob.token);
      await eventually(async () =>
        expect(
          await query(
            `SELECT 1 FROM posts.outbox WHERE (envelope->'data'->>'post_id')::int = $1 AND published_at IS NOT NULL`,
            [body.id],
          ),
        ).toHaveLength(1),
      );
      waits.push(performance.now() - began);
    }
    await erased(ann.id);
    expect(waits.length).toBeGreaterThan(1);
    expect(Math.max(...waits)).toBeLessThan(1_000);
  }, 60_000);

  it('leaves no post of a user who posts while being deleted', async () => {
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
