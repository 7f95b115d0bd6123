import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  freshId,
  givenOrigin,
  httpClient,
  join,
  joinAll,
  reachAgora,
  tokenFor,
  type HttpClient,
  type Person,
  type ReachedAgora,
} from '@agora/testing';
import { itInside } from './it-inside.js';

/** Two of posts, each behind a gateway of its own; what a given origin has behind it is its own affair. */
let replicas: ReachedAgora[];
let asks: [HttpClient, HttpClient];
let ann: Person;

beforeAll(async () => {
  const first = await reachAgora(['auth', 'posts', 'votes', 'gateway']);
  const second = await reachAgora(['posts', 'gateway']);
  replicas = [first, second];
  asks = [httpClient(first.origin), httpClient(second.origin)];
  ann = await join(asks[0]);
}, 120_000);
afterAll(() => Promise.all(replicas.map((each) => each.stop())));

/** The tokens of so many users; only an Agora of the test's own believes in some whom nobody registered. */
const tokensOf = async (count: number): Promise<string[]> =>
  givenOrigin === undefined
    ? Array.from({ length: count }, () => tokenFor(freshId()))
    : (await joinAll(asks[0], count)).map(({ token }) => token);

const writtenBy = ({ headers }: { headers: Headers }) => ({
  'Consistency-Token': String(headers.get('consistency-token')),
});
const publish = async () => {
  const answer = await asks[0]('POST', '/posts', { token: ann.token, json: { title: 'T', content: 'C' } });
  return { id: Number(answer.body.id), headers: writtenBy(answer) };
};
const vote = (token: string, postId: number, headers = {}) =>
  asks[0]('POST', '/vote', { token, json: { post_id: postId, dir: 1 }, headers });

describe('a client that sends back the Consistency-Token of a write', () => {
  it('sees each of 80 votes at once, whichever replica answers', async () => {
    const voters = await tokensOf(20);
    const seen = await Promise.all(
      Array.from({ length: 4 }, async (_post, first) => {
        const { id } = await publish();
        const counts: unknown[] = [];
        for (const [index, token] of voters.entries()) {
          const headers = writtenBy(await vote(token, id));
          const ask = asks[(first + index) % 2] ?? asks[0];
          const { body, headers: answered } = await ask('GET', `/posts/${id}`, { token, headers });
          counts.push(answered.get('consistency') ?? body.votes);
        }
        return counts;
      }),
    );
    const upTo20 = Array.from({ length: 20 }, (_vote, index) => index + 1);
    expect(seen).toEqual([upTo20, upTo20, upTo20, upTo20]);
  }, 60_000);

  it('may vote right after posting, and does not wait for a write that the reader has no part in', async () => {
    const { id, headers } = await publish();
    const voted = await vote(ann.token, id, headers);
    expect([voted.status, voted.headers.get('consistency')]).toEqual([201, null]);
    const json = { email: `${freshId()}@example.test`, password: 'a long password' };
    const registered = await asks[0]('POST', '/users', { json });
    const read = await asks[1]('GET', `/posts/${id}`, { token: ann.token, headers: writtenBy(registered) });
    expect([read.status, read.headers.get('consistency')]).toEqual([200, null]);
  });

  itInside(
    'sees the vote when posts was away meanwhile',
    async () => {
      const { id, headers } = await publish();
      // Answered with the post in hand: votes knows it, and need not ask.
      const known = await asks[0]('GET', `/vote?post_ids=${id}`, { token: ann.token, headers });
      expect([known.body.voted, known.headers.get('consistency')]).toEqual([[], null]);
      await Promise.all(replicas.map((each) => each.process('posts').end('SIGTERM')));
      const token = tokenFor(freshId());
      const voted = await vote(token, id);
      await Promise.all(replicas.map((each) => each.process('posts').restart()));
      const { body } = await asks[1]('GET', `/posts/${id}`, { token, headers: writtenBy(voted) });
      expect([voted.status, body.votes]).toEqual([201, 1]);
    },
    30_000,
  );
});
