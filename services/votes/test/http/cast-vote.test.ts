import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, httpClient, query, stubService, tokenFor, statusesOf } from '@agora/testing';
import { startVotes, type Votes } from '../start-votes.js';

describe('POST /vote', () => {
  let votes: Votes;
  const eventsOf = async (postId: number) => {
    const rows = await query<{ type: string }>(
      `SELECT envelope->>'type' AS type FROM votes.outbox WHERE (envelope->'data'->>'post_id')::int = $1 ORDER BY sequence`,
      [postId],
    );
    return rows.map(({ type }) => type);
  };

  beforeAll(async () => {
    votes = await startVotes();
  });
  afterAll(() => votes.stop());

  it('adds a vote, and publishes it', async () => {
    const [post, user] = [votes.newPost(), freshId()];
    const { status, body } = await votes.vote(user, post, 1);
    expect([status, body]).toEqual([201, { message: 'Vote added successfully' }]);
    expect(await votes.votersOf(post)).toEqual([user]);
    expect(await eventsOf(post)).toEqual(['votes.vote-cast.v1']);
  });

  it.each([0, -1, -2_147_483_648])('takes the vote back when dir is %d', async (dir) => {
    const [post, user] = [votes.newPost(), freshId()];
    await votes.vote(user, post, 1);
    const { status, body } = await votes.vote(user, post, dir);
    expect([status, body]).toEqual([201, { message: 'Vote deleted successfully' }]);
    expect(await votes.votersOf(post)).toEqual([]);
    expect(await eventsOf(post)).toEqual(['votes.vote-cast.v1', 'votes.vote-retracted.v1']);
  });

  it('refuses a second vote', async () => {
    const [post, user] = [votes.newPost(), freshId()];
    await votes.vote(user, post, 1);
    const { status, body } = await votes.vote(user, post, 1);
    expect([status, body.code, body.detail]).toEqual([409, 'vote_exists', 'Vote already exists']);
  });

  it('refuses to take back a missing vote', async () => {
    const { status, body } = await votes.vote(freshId(), votes.newPost(), 0);
    expect([status, body.code, body.detail]).toEqual([404, 'vote_not_found', 'Vote does not exist']);
  });

  it('adds one vote and one event for twenty concurrent requests', async () => {
    const [post, user] = [votes.newPost(), freshId()];
    const answers = await Promise.all(Array.from({ length: 20 }, () => votes.vote(user, post, 1)));
    expect(statusesOf(answers)).toEqual([201, ...Array<number>(19).fill(409)]);
    expect(await eventsOf(post)).toHaveLength(1);
  });

  it('accepts concurrent votes of many users for one post', async () => {
    const post = votes.newPost();
    const users = Array.from({ length: 50 }, freshId);
    const answers = await Promise.all(users.map((user) => votes.vote(user, post, 1)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await votes.votersOf(post)).toEqual(users.toSorted((one, other) => one - other));
  });

  it('asks posts once about an unknown post', async () => {
    const post = votes.newPost();
    await votes.vote(freshId(), post, 1);
    await votes.vote(freshId(), post, 1);
    expect(votes.asked(post)).toBe(1);
  });

  it('refuses a post that does not exist', async () => {
    const { status, body } = await votes.vote(freshId(), freshId(), 1);
    expect([status, body.code]).toEqual([404, 'post_not_found']);
  });

  it("lets a draft's owner vote, and reveals its existence to nobody else", async () => {
    const owner = freshId();
    const draft = votes.newPost({ owner_id: owner, published: false });
    expect((await votes.vote(owner, draft, 1)).status).toBe(201);
    const { status, body } = await votes.vote(freshId(), draft, 1);
    expect([status, body.code]).toEqual([404, 'post_not_found']);
  });

  it('accepts a vote for a draft as soon as it is published, before the event arrives', async () => {
    const owner = freshId();
    const post = votes.newPost({ owner_id: owner, published: false });
    expect((await votes.vote(freshId(), post, 1)).status).toBe(404);
    votes.newPost({ post_id: post, owner_id: owner, published: true, version: 2 });
    expect((await votes.vote(freshId(), post, 1)).status).toBe(201);
  });

  it('works without posts for known posts, and is 503 for unknown ones', async () => {
    const alone = await startVotes({});
    const [known, unknown] = [alone.newPost(), alone.newPost()];
    await alone.vote(freshId(), known, 1);
    await alone.stopPosts();
    expect((await alone.vote(freshId(), known, 1)).status).toBe(201);
    const { status, headers } = await alone.vote(freshId(), unknown, 1);
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    await alone.stop();
  });

  it("refuses a lost account's token once its id is another's, and shows it none of the other's votes", async () => {
    const [id, postId, lost, successor] = [freshId(), votes.newPost(), randomUUID(), randomUUID()];
    let current = lost;
    const auth = await stubService(votes.agora.ports.auth.internalPort, (path) =>
      path === `/internal/users/${id}` ? { id, account_key: current } : undefined,
    );
    const ask = httpClient(votes.agora.process('votes').url);
    const vote = async (key: string) => {
      const token = tokenFor(id, { account_key: key });
      return (await ask('POST', '/vote', { token, json: { post_id: postId, dir: 1 } })).status;
    };
    const voted = async (key: string) => {
      const token = tokenFor(id, { account_key: key });
      return (await ask('GET', `/vote?post_ids=${postId}`, { token })).body.voted;
    };
    expect(await vote(lost)).toBe(201);
    current = successor;
    expect(await vote(successor)).toBe(201);
    expect(await vote(lost)).toBe(401);
    expect([await voted(lost), await voted(successor)]).toEqual([[], [postId]]);
    await auth.stop();
  });

  it.each([
    [1, 2, ['dir']],
    [1, 0.5, ['dir']],
    [1, '1', ['dir']],
    [1, true, ['dir']],
    [1, undefined, ['dir']],
    [1, 1e300, ['dir']],
    ['1', 1, ['post_id']],
    [0, 1, ['post_id']],
    [2_147_483_648, 1, ['post_id']],
    [9_007_199_254_740_993n.toString(), null, ['post_id', 'dir']],
  ])('refuses post_id %j with dir %j', async (postId, dir, fields) => {
    const { status, body } = await votes.vote(freshId(), postId, dir);
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors?.map(({ field }) => field)).toEqual(fields);
  });

  it('refuses a request without JSON, with another content type, or without a token', async () => {
    const ask = httpClient(votes.agora.process('votes').url);
    const token = tokenFor(freshId());
    const json = { 'Content-Type': 'application/json' };
    expect((await ask('POST', '/vote', { token, raw: '{"post_id":', headers: json })).status).toBe(400);
    expect((await ask('POST', '/vote', { token, form: { post_id: '1' } })).status).toBe(415);
    expect((await ask('POST', '/vote', { json: { post_id: 1, dir: 1 } })).status).toBe(401);
  });
});
