import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userRegistered, voteCast } from '@agora/contracts';
import { freshId, openCourier, query, type Courier } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

const now = () => new Date().toISOString();

/** The token of a write that published one event. */
const tokenOf = (id: string, type: string = voteCast.type, time = now()) =>
  Buffer.from(JSON.stringify({ time, events: [[id, type]] })).toString('base64url');

describe('a read with a Consistency-Token', () => {
  let posts: Posts;
  let courier: Courier;
  let ann: ReturnType<Posts['newAuthor']>;
  const publish = async () => {
    const json = { title: 'T', content: 'C' };
    const { headers, body } = await posts.ask('POST', '/posts', { token: ann.token, json });
    return { id: Number(body.id), written: String(headers.get('consistency-token')) };
  };
  const read = async (path: string, written: string) => {
    const started = performance.now();
    const headers = { 'Consistency-Token': written };
    const answer = await posts.ask('GET', path, { token: ann.token, headers });
    const [seconds, consistency] = [(performance.now() - started) / 1_000, answer.headers.get('consistency')];
    return { ...answer, seconds, consistency };
  };

  beforeAll(async () => {
    [posts, courier] = await Promise.all([startPosts(), openCourier()]);
    ann = posts.newAuthor();
  });
  afterAll(async () => {
    await courier.close();
    await posts.stop();
  });

  it('waits until the write is applied, and shows it', async () => {
    const { id } = await publish();
    const eventId = randomUUID();
    const reading = read(`/posts/${id}`, tokenOf(eventId));
    const listings = ['/posts', '/feed'].map((path) => read(path, tokenOf(eventId)));
    await courier.deliver(voteCast, { post_id: id, user_id: freshId() }, eventId);
    const { body, consistency } = await reading;
    expect([body.votes, consistency]).toEqual([1, null]);
    for (const list of await Promise.all(listings))
      expect(list.body).toEqual(expect.arrayContaining([expect.objectContaining({ id, votes: 1 })]));
  });

  it('is answered with stale data after 2 s if the write does not arrive, however many requests wait', async () => {
    const { id } = await publish();
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => read(`/posts/${id}`, tokenOf(randomUUID()))),
    );
    expect(new Set(answers.map(({ status, consistency }) => `${status} ${String(consistency)}`))).toEqual(
      new Set(['200 stale']),
    );
    expect(Math.min(...answers.map(({ seconds }) => seconds))).toBeGreaterThan(1.9);
  });

  it.each([
    ['which posts made itself', async () => (await publish()).written],
    ['that posts does not consume', async () => tokenOf(randomUUID(), userRegistered.type)],
    [
      'that is longer ago than applied events are remembered',
      async () => tokenOf(randomUUID(), voteCast.type, new Date(Date.now() - 31 * 86_400_000).toISOString()),
    ],
  ])('does not wait for a write %s', async (_which, make) => {
    const { id } = await publish();
    const { status, consistency, seconds } = await read(`/posts/${id}`, await make());
    expect([status, consistency]).toEqual([200, null]);
    expect(seconds).toBeLessThan(1.5);
  });

  it('does not wait for dead letters', async () => {
    const { id } = await publish();
    const eventId = randomUUID();
    await query(
      `INSERT INTO posts.dead_letters (message_id, subject, body, last_error, dead_at) VALUES ($1, 's', 'b', 'e', now())`,
      [eventId],
    );
    const { consistency, seconds } = await read(`/posts/${id}`, tokenOf(eventId));
    expect(consistency).toBe('stale');
    expect(seconds).toBeLessThan(1.5);
  });

  it.each([tokenOf('no-uuid'), tokenOf(randomUUID(), voteCast.type, 'yesterday'), 'eyJ_'])(
    'answers as stale at once for a token that stands for no write: %s',
    async (written) => {
      const { status, consistency, seconds } = await read('/posts', written);
      expect([status, consistency]).toEqual([200, 'stale']);
      expect(seconds).toBeLessThan(1.5);
    },
  );

  it.each(['', '0', 'x', 'bnVsbA', `eyJ${'a'.repeat(4_001)}`, 'eyJ='])(
    'refuses %j, which does not look like a token',
    async (written) => {
      const { status, body } = await read('/posts', written);
      expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, ['Consistency-Token']]);
    },
  );

  it('authenticates the caller before it reads the token', async () => {
    const { status } = await posts.ask('GET', '/posts', { headers: { 'Consistency-Token': 'x' } });
    expect(status).toBe(401);
  });

  it('does not affect a write', async () => {
    const { id } = await publish();
    const headers = { 'Consistency-Token': 'x' };
    const deleted = await posts.ask('DELETE', `/posts/${id}`, { token: ann.token, headers });
    expect([deleted.status, deleted.headers.get('consistency-token')]).toEqual([204, expect.any(String)]);
  });
});
