import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { voteCast, voteRetracted } from '@agora/contracts';
import { eventually, freshId, openCourier, query, type Courier } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

describe('the count of votes', () => {
  let posts: Posts;
  let courier: Courier;
  let author: ReturnType<Posts['newAuthor']>;
  const publish = async () => {
    const { body } = await posts.ask('POST', '/posts', {
      token: author.token,
      json: { title: 'T', content: 'C' },
    });
    return Number(body.id);
  };
  const votesOf = async (id: number) =>
    (await posts.ask('GET', `/posts/${id}`, { token: author.token })).body.votes;
  const expectVotes = (id: number, votes: number) =>
    eventually(async () => expect(await votesOf(id)).toBe(votes));
  /** What was delivered before this is applied once this is: a stream is read in its order. */
  const flush = async () => {
    const id = await publish();
    await courier.deliver(voteCast, { post_id: id, user_id: freshId() });
    await expectVotes(id, 1);
  };

  beforeAll(async () => {
    [posts, courier] = await Promise.all([startPosts({}), openCourier()]);
    author = posts.newAuthor();
  });
  afterAll(async () => {
    await courier.close();
    await posts.stop();
  });

  it('grows with a vote and falls when it is taken back', async () => {
    const id = await publish();
    const vote = { post_id: id, user_id: freshId() };
    await courier.deliver(voteCast, vote);
    await expectVotes(id, 1);
    await courier.deliver(voteRetracted, vote);
    await expectVotes(id, 0);
  });

  it('counts an event that is delivered three times once', async () => {
    const id = await publish();
    const eventId = await courier.deliver(voteCast, { post_id: id, user_id: freshId() });
    await courier.deliver(voteCast, { post_id: id, user_id: freshId() }, eventId);
    await flush();
    await courier.deliver(voteCast, { post_id: id, user_id: freshId() }, eventId);
    await flush();
    expect(await votesOf(id)).toBe(1);
  });

  it('is right, and never negative, when a retraction arrives before its vote', async () => {
    const id = await publish();
    const vote = { post_id: id, user_id: freshId() };
    await courier.deliver(voteRetracted, vote);
    await flush();
    expect(await votesOf(id)).toBe(0);
    await courier.deliver(voteCast, vote);
    await courier.deliver(voteCast, { post_id: id, user_id: freshId() });
    await expectVotes(id, 1);
  });

  it("leaves the time of the post's last change as it was", async () => {
    const id = await publish();
    await posts.ask('PUT', `/posts/${id}`, { token: author.token, json: { title: 'T2', content: 'C2' } });
    const { body: before } = await posts.ask('GET', `/posts/${id}`, { token: author.token });
    await courier.deliver(voteCast, { post_id: id, user_id: freshId() });
    await expectVotes(id, 1);
    const { body } = await posts.ask('GET', `/posts/${id}`, { token: author.token });
    expect(body.updated_at).toBe(before.updated_at);
  });

  it('ignores votes for missing posts', async () => {
    const eventId = await courier.deliver(voteCast, { post_id: 2_147_483_647, user_id: freshId() });
    await flush();
    expect(await query('SELECT 1 FROM posts.inbox WHERE event_id = $1', [eventId])).toHaveLength(1);
  });

  it("continues after the stream was lost together with the consumer's position", async () => {
    const id = await publish();
    await courier.loseStream('votes');
    await courier.ensureStream('votes');
    await courier.deliver(voteCast, { post_id: id, user_id: freshId() });
    await expectVotes(id, 1);
  });

  it('dead-letters an unreadable message, and continues', async () => {
    const poison = [
      ['votes.vote-cast.v1', '{"not json'],
      ['votes.vote-cast.v1', JSON.stringify({ specversion: '1.0', id: 'no uuid' })],
      ['votes.vote-retracted.v1', '\0\0\0'],
    ] as const;
    const [before] = await query<{ count: number }>('SELECT count(*)::int AS count FROM posts.dead_letters');
    for (const [subject, body] of poison) await courier.deliverRaw(subject, body);
    await courier.deliverRaw('votes.something-new.v1', '{}');
    await flush();
    const letters = await query<{ subject: string; last_error: string }>(
      'SELECT subject, last_error FROM posts.dead_letters WHERE dead_at IS NOT NULL',
    );
    expect(letters.length - Number(before?.count)).toBe(poison.length);
    for (const { last_error: error } of letters) expect(error).not.toBe('');
  });

  it('dead-letters an event with invalid data', async () => {
    const id = await courier.deliver(voteCast, { post_id: 0, user_id: 1 });
    await flush();
    const letters = await query(
      'SELECT 1 FROM posts.dead_letters WHERE body LIKE $1 AND dead_at IS NOT NULL',
      [`%${id}%`],
    );
    expect(letters).toHaveLength(1);
  });

  it('dead-letters an event that arrives on the subject of another', async () => {
    const post = await publish();
    const id = randomUUID();
    const envelope = {
      specversion: '1.0',
      id,
      source: 'a',
      type: 'votes.other.v1',
      time: new Date().toISOString(),
    };
    const data = { post_id: post, user_id: freshId() };
    await courier.deliverRaw(
      voteCast.type,
      JSON.stringify({ ...envelope, datacontenttype: 'application/json', data }),
    );
    await flush();
    expect(await votesOf(post)).toBe(0);
    expect(await query('SELECT 1 FROM posts.dead_letters WHERE body LIKE $1', [`%${id}%`])).toHaveLength(1);
  });

  it('counts 2,000 votes for one post', async () => {
    const id = await publish();
    await Promise.all(
      Array.from({ length: 2_000 }, () => courier.deliver(voteCast, { post_id: id, user_id: freshId() })),
    );
    await expectVotes(id, 2_000);
  });
});
