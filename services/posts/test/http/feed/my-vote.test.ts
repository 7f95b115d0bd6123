import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, httpClient, type HttpClient } from '@agora/testing';
import { startPosts, type Posts } from '../../start-posts.js';

let posts: Posts;
let askVotes: HttpClient;
let reader: { id: number; token: string };

beforeAll(async () => {
  posts = await startPosts();
  askVotes = httpClient((await posts.agora.start('votes')).url);
  reader = posts.newAuthor();
});
afterAll(() => posts.stop());

/** What a page says of votes; on a machine that is busy votes may take longer than readers wait. */
const expectVotes = (path: string, token: string, expected: boolean[]) =>
  eventually(async () => {
    const { body } = await posts.ask('GET', path, { token });
    expect((body as unknown as { my_vote: unknown }[]).map((post) => post.my_vote)).toEqual(expected);
  });

/** An author with two posts, the newer of which the reader has voted for. */
async function twoPosts(): Promise<{ ownerId: number; token: string; ids: [number, number] }> {
  const { id: ownerId, token } = posts.newAuthor();
  const write = async () =>
    Number((await posts.ask('POST', '/posts', { token, json: { title: 'T', content: 'C' } })).body.id);
  const ids: [number, number] = [await write(), await write()];
  await askVotes('POST', '/vote', { token: reader.token, json: { post_id: ids[1], dir: 1 } });
  return { ownerId, token, ids };
}

describe('include=my_vote', () => {
  it('shows in every read of posts whether the caller has voted for each', async () => {
    const { ownerId, token, ids } = await twoPosts();
    const feed = `/feed?owner_id=${ownerId}&include=my_vote`;
    await expectVotes(feed, reader.token, [true, false]);
    await expectVotes(feed, token, [false, false]);
    await expectVotes('/posts?include=my_vote', token, [false, false]);
    await eventually(async () => {
      const one = await posts.ask('GET', `/posts/${ids[1]}?include=my_vote`, { token: reader.token });
      expect([one.body.id, one.body.my_vote]).toEqual([ids[1], true]);
    });
    const plain = await posts.ask('GET', `/posts/${ids[1]}`, { token: reader.token });
    expect(plain.body).not.toHaveProperty('my_vote');
  });

  it('shows each of many concurrent readers their own votes, on pages of any length', async () => {
    const [long, short] = [await twoPosts(), await twoPosts()];
    const write = () =>
      posts.ask('POST', '/posts', { token: long.token, json: { title: 'T', content: 'C' } });
    for (let written = 0; written < 60; written += 1) await write();
    const crowd = Array.from({ length: 12 }, () => posts.newAuthor());
    const voters = crowd.filter((_, place) => place % 2 === 0);
    for (const { token } of voters)
      await askVotes('POST', '/vote', { token, json: { post_id: long.ids[0], dir: 1 } });
    const votesOn = async (ownerId: number, token: string) => {
      const path = `/feed?owner_id=${ownerId}&limit=100&include=my_vote`;
      const { body } = await posts.ask('GET', path, { token });
      return (body as unknown as { my_vote: boolean | null }[]).map((post) => post.my_vote);
    };
    await eventually(async () => {
      const pages = await Promise.all(
        crowd.map(async ({ token }) => [
          await votesOn(long.ownerId, token),
          await votesOn(short.ownerId, token),
        ]),
      );
      const expected = crowd.map((_, place) => [
        Array.from({ length: 62 }, (_post, index) => index === 61 && place % 2 === 0),
        [false, false],
      ]);
      expect(pages).toEqual(expected);
    });
  });

  it('stays in the link to the next page', async () => {
    const { ownerId } = await twoPosts();
    const path = `/feed?owner_id=${ownerId}&limit=1&include=my_vote`;
    const first = await posts.ask('GET', path, { token: reader.token });
    const next = /^<(.*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    await expectVotes(next, reader.token, [false]);
  });

  it('has no tag, and is never 304', async () => {
    const { ids } = await twoPosts();
    const { headers } = await posts.ask('GET', `/posts/${ids[0]}`, { token: reader.token });
    for (const tag of [headers.get('etag') ?? '', '*']) {
      const answer = await posts.ask('GET', `/posts/${ids[0]}?include=my_vote`, {
        token: reader.token,
        headers: { 'If-None-Match': tag },
      });
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, null]);
      expect(answer.body).toHaveProperty('my_vote');
    }
  });

  it.each(['include=votes', 'include=', 'include=my_vote&include=my_vote', 'include=my_vote,removed'])(
    'is refused as ?%s, before it is looked whether the post exists',
    async (parameters) => {
      for (const path of ['/posts/2147483647', '/posts', '/feed']) {
        const { status, body } = await posts.ask('GET', `${path}?${parameters}`, { token: reader.token });
        expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, ['include']]);
      }
    },
  );

  it('is null at once while votes is away, and after 300 ms while it is silent', async () => {
    const { ids } = await twoPosts();
    const milliseconds = async () => {
      const started = performance.now();
      const answer = await posts.ask('GET', `/posts/${ids[1]}?include=my_vote`, { token: reader.token });
      expect([answer.status, answer.body.my_vote]).toEqual([200, null]);
      return performance.now() - started;
    };
    await posts.agora.process('votes').end();
    await milliseconds();
    const silent = await listen(posts.agora.ports.votes.internalPort);
    const waited = await milliseconds();
    silent.close();
    expect(waited).toBeGreaterThan(290);
    expect(waited).toBeLessThan(1_500);
  });
});

/** Accepts connections and never answers. */
const listen = async (port: number): Promise<Server> => {
  const server = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
};
