import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postCreated, postDeleted, postUpdated, userDeleted } from '@agora/contracts';
import { eventually, freshId, openCourier, query, type Courier } from '@agora/testing';
import { startVotes, type Votes } from '../start-votes.js';

let votes: Votes;
let courier: Courier;
const applied = (eventId: string) =>
  eventually(async () =>
    expect(await query('SELECT 1 FROM votes.inbox WHERE event_id = $1', [eventId])).toHaveLength(1),
  );
/** Applied, and what it has erased is erased. */
const erased = async (eventId: string, id: number) => {
  await applied(eventId);
  await eventually(async () =>
    expect(await query('SELECT kind FROM votes.erasures WHERE id = $1', [id])).toEqual([]),
  );
};
const known = async (postId: number) => {
  const [row] = await query(
    'SELECT owner_id, published, version, deleted_at IS NOT NULL AS deleted FROM votes.known_posts WHERE id = $1',
    [postId],
  );
  return row;
};
const retractedBy = (userId: number) =>
  query<{ id: number }>(
    `SELECT (envelope->'data'->>'post_id')::int AS id FROM votes.outbox
     WHERE envelope->>'type' = 'votes.vote-retracted.v1' AND (envelope->'data'->>'user_id')::int = $1 ORDER BY id`,
    [userId],
  );

beforeAll(async () => {
  [votes, courier] = await Promise.all([startVotes(), openCourier()]);
});
afterAll(async () => {
  await courier.close();
  await votes.stop();
});

describe('when a post is created or updated', () => {
  const stateOf = (postId: number, version: number, published = true) => ({
    post_id: postId,
    owner_id: 7,
    published,
    version,
  });

  it('records the post, so that posts need not be asked', async () => {
    const id = freshId();
    await applied(await courier.deliver(postCreated, stateOf(id, 1)));
    expect((await votes.vote(freshId(), id, 1)).status).toBe(201);
    expect(votes.asked(id)).toBe(0);
  });

  it('keeps the newest state, in whatever order and however often events arrive', async () => {
    const id = freshId();
    await courier.deliver(postUpdated, stateOf(id, 3, false));
    const updated = await courier.deliver(postUpdated, stateOf(id, 2, true));
    await courier.deliver(postCreated, stateOf(id, 1, true));
    await applied(await courier.deliver(postUpdated, stateOf(id, 2, true), updated));
    await applied(await courier.deliver(postCreated, stateOf(freshId(), 1)));
    expect(await known(id)).toEqual({ owner_id: 7, published: false, version: 3, deleted: false });
  });

  it('locks only a few posts of a long backlog at a time, so that votes on them need not wait', async () => {
    await votes.agora.process('votes').end();
    const backlog = await Promise.all(
      Array.from({ length: 60 }, () => courier.deliver(postCreated, stateOf(freshId(), 1))),
    );
    await votes.agora.process('votes').restart();
    await eventually(async () => {
      const transactions = await query<{ count: number }>(
        'SELECT count(*)::int AS count FROM votes.inbox WHERE event_id = ANY($1::uuid[]) GROUP BY applied_at',
        [backlog],
      );
      const counts = transactions.map(({ count }) => count);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60);
      expect(Math.max(...counts)).toBeLessThanOrEqual(20);
    });
  });

  it('hides a post that became a draft again', async () => {
    const id = freshId();
    await applied(await courier.deliver(postCreated, stateOf(id, 1)));
    expect((await votes.vote(freshId(), id, 1)).status).toBe(201);
    await applied(await courier.deliver(postUpdated, stateOf(id, 2, false)));
    expect((await votes.vote(freshId(), id, 1)).status).toBe(404);
  });
});

describe('when the id of a post that a failover has lost is given to another post', () => {
  const [lost, newer] = ['01990000-0000-7000-8000-000000000001', '01990000-0001-7000-8000-000000000001'];
  // Accounts of other tests have low ids, and end.
  const owner = freshId();
  const stateOf = (id: number, key: string, published = true) => ({
    post_id: id,
    owner_id: owner,
    published,
    version: 1,
    post_key: key,
  });

  it("removes the votes for the lost post, and refuses votes on another user's draft", async () => {
    const [id, voter] = [freshId(), freshId()];
    await applied(await courier.deliver(postCreated, { ...stateOf(id, lost), version: 5 }));
    expect((await votes.vote(voter, id, 1)).status).toBe(201);
    await applied(await courier.deliver(postCreated, stateOf(id, newer, false)));
    expect(await known(id)).toEqual({ owner_id: owner, published: false, version: 1, deleted: false });
    expect(await votes.votersOf(id)).toEqual([]);
    expect((await votes.vote(voter, id, 1)).status).toBe(404);
    expect((await votes.vote(owner, id, 1)).status).toBe(201);
  });

  it('keeps the newer post when events of the lost one arrive late, even its deletion', async () => {
    const id = freshId();
    await applied(await courier.deliver(postCreated, stateOf(id, newer)));
    await applied(await courier.deliver(postUpdated, { ...stateOf(id, lost, false), version: 9 }));
    await applied(await courier.deliver(postDeleted, { post_id: id, post_key: lost }));
    expect(await known(id)).toEqual({ owner_id: owner, published: true, version: 1, deleted: false });
  });

  it('accepts the newer post despite the tombstone of the lost one', async () => {
    const id = freshId();
    await applied(await courier.deliver(postDeleted, { post_id: id, post_key: lost }));
    await applied(await courier.deliver(postCreated, stateOf(id, newer)));
    expect((await votes.vote(freshId(), id, 1)).status).toBe(201);
  });
});

describe('when a post is deleted', () => {
  it('deletes its votes without retracting any, and refuses further ones', async () => {
    const [id, user] = [votes.newPost(), freshId()];
    await votes.vote(user, id, 1);
    await erased(await courier.deliver(postDeleted, { post_id: id }), id);
    expect(await votes.votersOf(id)).toEqual([]);
    expect(await retractedBy(user)).toEqual([]);
    expect((await votes.vote(freshId(), id, 1)).status).toBe(404);
  });

  it('does not restore it when the creation arrives after the deletion', async () => {
    const id = freshId();
    await applied(await courier.deliver(postDeleted, { post_id: id }));
    await applied(
      await courier.deliver(postCreated, { post_id: id, owner_id: 7, published: true, version: 1 }),
    );
    expect(await known(id)).toMatchObject({ deleted: true });
    expect((await votes.vote(freshId(), id, 1)).status).toBe(404);
  });

  it('leaves no concurrent vote', async () => {
    const id = votes.newPost();
    await votes.vote(freshId(), id, 1);
    const voting = Array.from({ length: 60 }, () => votes.vote(freshId(), id, 1));
    const [eventId] = await Promise.all([courier.deliver(postDeleted, { post_id: id }), ...voting]);
    await erased(eventId, id);
    expect(await votes.votersOf(id)).toEqual([]);
  });

  it('erases 100,000 votes in the background, whatever the statistics, while new events and votes are accepted', async () => {
    const id = votes.newPost();
    await votes.vote(freshId(), id, 1);
    // As after a burst: the planner knows of next to no votes.
    await query('ALTER TABLE votes.votes SET (autovacuum_enabled = false)');
    await query('ANALYZE votes.votes');
    await query('INSERT INTO votes.voters (id) SELECT generate_series(1, 100000) ON CONFLICT DO NOTHING');
    await query('INSERT INTO votes.votes (post_id, user_id) SELECT $1, generate_series(1, 100000)', [id]);
    const end = await courier.deliver(postDeleted, { post_id: id });
    await applied(end);
    expect(await known(id)).toMatchObject({ deleted: true });
    const waits: number[] = [];
    for (let left = 100_000; left > 0; left = (await votes.votersOf(id)).length) {
      const [news, began] = [freshId(), performance.now()];
      await applied(
        await courier.deliver(postCreated, { post_id: news, owner_id: 7, published: true, version: 1 }),
      );
      waits.push(performance.now() - began);
      expect((await votes.vote(freshId(), news, 1)).status).toBe(201);
    }
    await erased(end, id);
    expect(Math.max(...waits)).toBeLessThan(1_000);
    await query('ALTER TABLE votes.votes RESET (autovacuum_enabled)');
  }, 60_000);
});

describe('when a user is deleted', () => {
  it('retracts each of their votes, once, and refuses further ones', async () => {
    const user = freshId();
    const posts = [votes.newPost(), votes.newPost()];
    const other = freshId();
    for (const post of posts) {
      await votes.vote(user, post, 1);
      await votes.vote(other, post, 1);
    }
    const eventId = await courier.deliver(userDeleted, { user_id: user });
    await erased(eventId, user);
    await courier.deliver(userDeleted, { user_id: user }, eventId);
    await erased(await courier.deliver(userDeleted, { user_id: user }), user);
    expect((await retractedBy(user)).map(({ id }) => id)).toEqual(posts);
    for (const post of posts) expect(await votes.votersOf(post)).toEqual([other]);
    expect((await votes.vote(user, votes.newPost(), 1)).status).toBe(401);
  });

  it('refuses the first vote of a user whose deletion arrived before it', async () => {
    const user = freshId();
    await applied(await courier.deliver(userDeleted, { user_id: user }));
    expect((await votes.vote(user, votes.newPost(), 1)).status).toBe(401);
  });

  it('leaves no concurrent vote, and retracts exactly the votes that were cast', async () => {
    const user = freshId();
    await votes.vote(user, votes.newPost(), 1);
    const voting = Array.from({ length: 60 }, () => votes.vote(user, votes.newPost(), 1));
    const [eventId, ...answers] = await Promise.all([
      courier.deliver(userDeleted, { user_id: user }),
      ...voting,
    ]);
    await erased(eventId, user);
    expect(await query('SELECT 1 FROM votes.votes WHERE user_id = $1', [user])).toEqual([]);
    const cast = answers.filter(({ status }) => status === 201).length + 1;
    expect(await retractedBy(user)).toHaveLength(cast);
  });

  it('retracts each vote once, even if the process is killed, slowly enough not to delay new votes', async () => {
    const user = freshId();
    await votes.vote(user, votes.newPost(), 1);
    await query(
      'INSERT INTO votes.known_posts (id, published) SELECT generate_series(1, 1500), true ON CONFLICT DO NOTHING',
    );
    await query('INSERT INTO votes.votes (post_id, user_id) SELECT generate_series(1, 1500), $1', [user]);
    await applied(await courier.deliver(userDeleted, { user_id: user }));
    await eventually(async () => expect((await retractedBy(user)).length).toBeGreaterThan(200));
    await votes.agora.process('votes').end('SIGKILL');
    await votes.agora.process('votes').restart();
    await eventually(async () =>
      expect(await query('SELECT kind FROM votes.erasures WHERE id = $1', [user])).toEqual([]),
    );
    expect(await query('SELECT 1 FROM votes.votes WHERE user_id = $1', [user])).toEqual([]);
    const retracted = (await retractedBy(user)).map(({ id }) => id);
    expect(retracted).toHaveLength(1_501);
    expect(new Set(retracted).size).toBe(1_501);
  }, 60_000);
});
