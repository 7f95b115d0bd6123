import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createAgora,
  type Agora as Client,
  type AgoraOptions,
  type Identified,
  type Tokens,
} from '../src/index.js';
import { eventually, httpClient, join, reachAgora, type Person, type ReachedAgora } from '@agora/testing';

let agora: ReachedAgora;
let url: string;
let ann: Person;

beforeAll(async () => {
  agora = await reachAgora(['auth', 'posts', 'votes', 'gateway'], { algorithm: 'ES256', isShared: true });
  url = agora.origin;
  ann = await join(httpClient(url));
}, 120_000);
afterAll(() => agora.stop());

/** Ends what goes on by itself, also after a test that has failed: a client of the live feed connects again for ever. */
const endings: AbortController[] = [];
const newEnding = () => {
  const ending = new AbortController();
  endings.push(ending);
  return ending;
};
afterEach(() => {
  for (const ending of endings.splice(0)) ending.abort();
});

type Fetch = NonNullable<AgoraOptions['fetch']>;

const logIn = async (options: Partial<AgoraOptions> = {}): Promise<Client> => {
  const client = createAgora({ url, ...options });
  await client.logIn(ann.email, ann.password);
  return client;
};

/** A fetch that notes the requests, and does to them what `act` does. */
const watched = (
  act: (request: Request, count: number) => Promise<Response> = (request) => fetch(request),
) => {
  const seen: Request[] = [];
  const watching: Fetch = (request) => {
    seen.push(request.clone());
    return act(request, seen.length);
  };
  return { fetch: watching, seen, paths: () => seen.map((request) => new URL(request.url).pathname) };
};

const text = (title: string) => ({ title, content: 'what the client writes' });

describe('a session', () => {
  it('begins with registering and logging in', async () => {
    const client = createAgora({ url });
    const email = `${crypto.randomUUID()}@example.test`;
    const { id } = await client.register({ email, password: ann.password });
    await client.logIn(email, ann.password);
    expect((await client.api.GET('/users/me')).data).toMatchObject({ id, email });
    await expect(client.register({ email, password: ann.password })).rejects.toMatchObject({
      code: 'email_taken',
    });
  });

  it('throws the problem with wrong credentials', async () => {
    const wrong = createAgora({ url }).logIn(ann.email, 'not the password');
    await expect(wrong).rejects.toMatchObject({ status: 403, code: 'invalid_credentials' });
  });

  it('is renewed once for all requests that need it', async () => {
    let kept: Tokens | undefined;
    await logIn({ onTokens: (tokens) => (kept = tokens) });
    const { fetch: watching, paths } = watched();
    const later = createAgora({ url, fetch: watching, ...(kept && { tokens: { ...kept, expiresAt: 0 } }) });
    const answers = await Promise.all([1, 2, 3].map(() => later.api.GET('/users/me')));
    expect(answers.map(({ data }) => data?.email)).toEqual([ann.email, ann.email, ann.email]);
    expect(paths().filter((path) => path === '/refresh')).toHaveLength(1);
  });

  it('is renewed when its access token is refused, and ends when that is refused too', async () => {
    let kept: Tokens | undefined;
    const onTokens = (tokens?: Tokens) => (kept = tokens);
    const first = await logIn({ onTokens });
    const refused = kept && { ...kept, accessToken: `${kept.accessToken.slice(0, -4)}AAAA` };
    const client = createAgora({ url, onTokens, ...(refused && { tokens: refused }) });
    expect((await client.api.GET('/users/me')).data?.email).toBe(ann.email);
    await first.logOut();
    expect(kept).toBeUndefined();
    const { error, response } = await client.api.GET('/users/me');
    expect([response.status, error?.code]).toEqual([401, 'invalid_token']);
  });
});

describe('a request that fails temporarily', () => {
  it('is retried, a post with the same key, so that it is written once', async () => {
    const { fetch: losing, seen } = watched(async (request, count) => {
      const response = await fetch(request);
      if (new URL(request.url).pathname !== '/posts' || count > 2) return response;
      throw new TypeError('the answer is lost');
    });
    const client = await logIn({ fetch: losing });
    const { data } = await client.api.POST('/posts', { body: text('written once') });
    const keys = seen.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toEqual([null, expect.any(String), keys[1]]);
    const { data: own } = await client.api.GET('/posts', { params: { query: { search: 'written once' } } });
    expect(own?.map(({ id }) => id)).toEqual([data?.id]);
  });

  it('is retried when Retry-After says so', async () => {
    const started = performance.now();
    const { fetch: busy } = watched(async (request, count) =>
      count === 1 ? new Response('{}', { status: 429, headers: { 'Retry-After': '1' } }) : fetch(request),
    );
    await createAgora({ url, fetch: busy }).logIn(ann.email, ann.password);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it('is not retried when it might take effect twice', async () => {
    const { fetch: broken, seen } = watched(() => Promise.reject(new TypeError('no answer')));
    const vote = createAgora({ url, fetch: broken }).api.POST('/vote', { body: { post_id: 1, dir: 1 } });
    await expect(vote).rejects.toThrow('no answer');
    expect(seen).toHaveLength(1);
  });
});

it('reads what it has written', async () => {
  const client = await logIn();
  const { data: post } = await client.api.POST('/posts', { body: text('voted for') });
  const id = post?.id ?? 0;
  for (const [dir, votes] of [
    [1, 1],
    [0, 0],
    [1, 1],
  ] as const) {
    await client.api.POST('/vote', { body: { post_id: id, dir } });
    const { data } = await client.api.GET('/posts/{id}', { params: { path: { id } } });
    expect(data?.votes).toBe(votes);
  }
  const { data } = await client.api.GET('/vote', { params: { query: { post_ids: [id, id + 1] } } });
  expect(data?.voted).toEqual([id]);
});

it('reads the feed page by page', async () => {
  const { fetch: watching, paths } = watched();
  const client = await logIn({ fetch: watching });
  const written: (number | undefined)[] = [];
  for (const title of ['one', 'two', 'three', 'four', 'five'])
    written.push((await client.api.POST('/posts', { body: text(`walked ${title}`) })).data?.id);
  const found: number[] = [];
  for await (const { id, my_vote: myVote } of client.feed({
    owner_id: ann.id,
    search: 'walked',
    limit: 2,
    include: 'my_vote',
  }))
    found.push(myVote === undefined ? NaN : id);
  expect(found).toEqual(written.toReversed());
  expect(paths().filter((path) => path === '/feed')).toHaveLength(3);
});

it('follows the live feed, and misses nothing while the connection is broken', async () => {
  const streams: AbortController[] = [];
  const breakable: Fetch = async (request) => {
    if (new URL(request.url).pathname !== '/feed/stream') return fetch(request);
    const stream = new AbortController();
    const signal = AbortSignal.any([request.signal, stream.signal]);
    const response = await fetch(new Request(request, { signal }));
    streams.push(stream);
    return response;
  };
  const client = await logIn({ fetch: breakable });
  const ending = newEnding();
  const events = client.live({ signal: ending.signal });
  const publish = async (title: string) => (await client.api.POST('/posts', { body: text(title) })).data?.id;

  const first = waitForPost(events);
  // The feed sends what happens once it is open.
  await eventually(() => expect(streams).not.toEqual([]));
  const ids = [await publish('before the break')];
  expect((await first).data).toMatchObject({ id: ids[0] });
  streams[0]?.abort(new TypeError('the connection is broken'));
  ids.push(await publish('during the break'));
  expect((await waitForPost(events)).data).toMatchObject({ id: ids[1] });
  expect(streams.length).toBeGreaterThan(1);
  ending.abort();
  expect((await events.next()).done).toBe(true);
});

it('shares one connection between all followers of the live feed, until the last one stops', async () => {
  const signals: AbortSignal[] = [];
  const { fetch: watching, paths } = watched((request) => {
    if (new URL(request.url).pathname === '/feed/stream') signals.push(request.signal);
    return fetch(request);
  });
  const client = await logIn({ fetch: watching });
  const [first, second] = [newEnding(), newEnding()];
  const feeds = [first, second].map(({ signal }) => client.live({ signal }));
  const seen = Promise.all(feeds.map((events) => waitForPost(events)));
  // The feed sends what happens once it is open: one of these events arrives.
  const publishing = setInterval(() => void client.api.POST('/posts', { body: text('for both') }), 200);
  second.signal.addEventListener('abort', () => clearInterval(publishing));
  const [one, other] = await seen.finally(() => clearInterval(publishing));
  expect(one).toEqual(other);
  expect(paths().filter((path) => path === '/feed/stream')).toHaveLength(1);
  first.abort();
  expect((await feeds[0]?.next())?.done).toBe(true);
  expect(signals[0]?.aborted).toBe(false);
  second.abort();
  while (!(await feeds[1]?.next())?.done);
  await eventually(() => expect(signals.at(-1)?.aborted).toBe(true));
});

it('reports that events may have been missed when the connection breaks before the first one', async () => {
  const streams: AbortController[] = [];
  const breakable: Fetch = async (request) => {
    if (new URL(request.url).pathname !== '/feed/stream') return fetch(request);
    const stream = new AbortController();
    streams.push(stream);
    const response = await fetch(
      new Request(request, { signal: AbortSignal.any([request.signal, stream.signal]) }),
    );
    if (streams.length === 1) stream.abort(new TypeError('the connection is broken'));
    return response;
  };
  const ending = newEnding();
  const events = (await logIn({ fetch: breakable })).live({ signal: ending.signal });
  expect((await events.next()).value).toEqual({ event: 'reset', data: {}, id: '' });
  ending.abort();
  expect((await events.next()).done).toBe(true);
});

async function waitForPost(events: AsyncGenerator<Identified>): Promise<Identified> {
  for (;;) {
    const { value } = (await events.next()) as { value: Identified };
    if (value.event === 'post-published') return value;
  }
}
