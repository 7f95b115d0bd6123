import { randomUUID } from 'node:crypto';
import { setTimeout as later } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import {
  eventually,
  forgetStreams,
  freshId,
  httpClient,
  join,
  openCourier,
  query,
  startAgora,
  tokenFor,
  type Agora,
  type Answer,
  type Courier,
  type Person,
} from '@agora/testing';
import { listen, type LiveEvent } from '../listen.js';

/** Two replicas each of posts and votes, on a database of their own: other tests must not find relays of so many partitions. */
const database = `agora_partitions_${randomUUID().replaceAll('-', '')}`;
const sql: typeof query = (text, values) => query(text, values, database);
let replicas: Agora[];
let courier: Courier;
let ann: Person;
/** Replicas that are being restarted, of one service at a time. */
const away = new Set<string>();

beforeAll(async () => {
  await query(`CREATE DATABASE ${database} TEMPLATE agora_template`);
  await forgetStreams();
  courier = await openCourier();
  const first = await startAgora(['auth', 'posts', 'votes'], { environment: { DATABASE_NAME: database } });
  const { auth, posts } = first.ports;
  const environment = {
    DATABASE_NAME: database,
    AUTH_URL: `http://127.0.0.1:${auth.port}`,
    AUTH_INTERNAL_URL: `http://127.0.0.1:${auth.internalPort}`,
    POSTS_INTERNAL_URL: `http://127.0.0.1:${posts.internalPort}`,
  };
  replicas = [first, await startAgora(['posts', 'votes'], { environment })];
  ann = await join(httpClient(first.process('auth').url));
}, 120_000);
/** Ends what a test has started, also when it fails: clients and streams would keep Jest alive. */
const endings: (() => unknown)[] = [];
afterEach(() => Promise.allSettled(endings.splice(0).map((end) => end())));
afterAll(async () => {
  await Promise.all(replicas.map((agora) => agora.stop()));
  await courier.close();
  await forgetStreams();
  await query(`DROP DATABASE ${database} WITH (FORCE)`);
});

type Service = 'posts' | 'votes';
const nameOf = (service: Service, index: number) => `${service} ${index}`;
/** Asks one of the replicas that are there; again, as clients do, when it is overloaded by what else goes on here. */
const ask = (service: Service, ...args: Parameters<ReturnType<typeof httpClient>>): Promise<Answer> =>
  eventually(async () => {
    const answer = await askOnce(service, ...args);
    if (answer.status === 503) throw new Error(`${service} said ${JSON.stringify(answer.body)}`);
    return answer;
  });
const askOnce = (service: Service, ...args: Parameters<ReturnType<typeof httpClient>>): Promise<Answer> => {
  const there = replicas.filter((_, index) => !away.has(nameOf(service, index)));
  const agora = there[Math.floor(Math.random() * there.length)];
  if (!agora) throw new Error(`no replica of ${service} is there`);
  return httpClient(agora.process(service).url)(...args);
};
const writtenBy = ({ headers }: Answer) => ({
  'Consistency-Token': String(headers.get('consistency-token')),
});

/** A post that one client alone votes for, so that it knows the count. */
interface Voted {
  id: number;
  /** Of its publication: votes need not ask the replica of posts that it knows, which may be away. */
  headers: Record<string, string>;
  voters: string[];
  isDeleted: boolean;
}
const voted: Voted[] = [];

async function publish(): Promise<Voted> {
  const answer = await ask('posts', 'POST', '/posts', {
    token: ann.token,
    json: { title: 'T', content: 'C' },
  });
  expect(answer.status).toBe(201);
  const post = { id: Number(answer.body.id), headers: writtenBy(answer), voters: [], isDeleted: false };
  voted.push(post);
  return post;
}

/**
 * Votes once, or takes a vote back, and resolves to the count that is read with the token of it; to undefined where that was stale. While the number is
 * raised, events of one post travel by two streams, and a token stands for its own write alone.
 */
async function vote(post: Voted): Promise<number | undefined> {
  const isBack = post.voters.length > 3;
  const token = isBack ? String(post.voters.shift()) : tokenFor(freshId());
  if (!isBack) post.voters.push(token);
  const answer = await ask('votes', 'POST', '/vote', {
    token,
    json: { post_id: post.id, dir: isBack ? 0 : 1 },
    headers: post.headers,
  });
  expect(answer.status).toBe(201);
  const headers = writtenBy(answer);
  const read = await ask('posts', 'GET', `/posts/${post.id}`, { token, headers });
  if (read.headers.get('consistency') === 'stale') return undefined;
  expect(read.status).toBe(200);
  return read.body.votes as number;
}

/** Votes, publishes and deletes until it is stopped; fails with the first request that does. */
async function load(signal: AbortSignal): Promise<void> {
  let post = await publish();
  for (let turn = 1; !signal.aborted; turn += 1) {
    await vote(post);
    // As people do: not as fast as the machine can.
    await later(50);
    if (turn % 3 !== 0) continue;
    if (turn % 9 === 0) await remove(post);
    post = await publish();
  }
}

async function remove(post: Voted): Promise<void> {
  post.isDeleted = true;
  expect((await ask('posts', 'DELETE', `/posts/${post.id}`, { token: ann.token })).status).toBe(204);
}

/** Restarts all replicas with so many partitions, one after the other. */
async function raiseTo(partitions: number): Promise<void> {
  for (const service of ['votes', 'posts'] as const) {
    for (const [index, agora] of replicas.entries()) {
      away.add(nameOf(service, index));
      await agora.process(service).end('SIGTERM');
      await agora.process(service).restart({ EVENT_PARTITIONS: String(partitions) });
      away.delete(nameOf(service, index));
    }
  }
}

/** How many leases of relays each replica of a service holds. */
async function leasesOf(service: Service): Promise<number[]> {
  const held = await sql<{ pid: number; held: number }>(
    `SELECT split_part(holder, '/', 2)::int AS pid, count(*)::int AS held FROM ${service}.leases
     WHERE name ~ '^relay( |$)' AND expires_at > clock_timestamp() GROUP BY 1`,
  );
  return replicas.map((agora) => held.find(({ pid }) => pid === agora.process(service).pid())?.held ?? 0);
}

const areShared = (partitions: number) =>
  eventually(async () => {
    for (const service of ['posts', 'votes'] as const)
      expect(await leasesOf(service)).toEqual([partitions / 2, partitions / 2]);
  }, 10_000);

it('splits events over 4 and then 16 streams under load, loses none, publishes none twice, and shares the relays', async () => {
  const stopped = new AbortController();
  endings.push(() => stopped.abort());
  const clients = Promise.all(Array.from({ length: 8 }, () => load(stopped.signal)));
  // It is awaited at the end; until then nobody looks.
  clients.catch(() => stopped.abort());
  await raiseTo(4);
  await areShared(4);
  await raiseTo(16);
  await areShared(16);
  for (const service of ['posts', 'votes'] as const)
    await eventually(async () => {
      const used = await sql(`SELECT DISTINCT partition FROM ${service}.outbox`);
      expect(used).toHaveLength(16);
    }, 30_000);
  // Clients read their own writes: each has a post of its own, in different partitions.
  stopped.abort();
  await clients;
  const kept = voted.filter(({ isDeleted }) => !isDeleted);
  const areCounted = () =>
    eventually(async () => {
      const counted = await sql<{ id: number; votes: number }>(
        'SELECT id, votes FROM posts.posts ORDER BY id',
      );
      expect(counted).toEqual(
        kept
          .map(({ id, voters }) => ({ id, votes: voters.length }))
          .toSorted((one, other) => one.id - other.id),
      );
    }, 20_000);
  await areCounted();
  const last = kept.slice(-16);
  const counts = await Promise.all(last.map((post) => vote(post)));
  expect(counts).toEqual(last.map(({ voters }) => voters.length));
  await areCounted();
  await eventually(async () => {
    const left = await sql('SELECT FROM votes.votes JOIN posts.posts ON posts.id = post_id');
    expect(await sql('SELECT FROM votes.votes')).toHaveLength(left.length);
  }, 20_000);
  for (const service of ['posts', 'votes'] as const) {
    const written = await sql<{ id: string }>(`SELECT event_id AS id FROM ${service}.outbox`);
    const ids = (events: { id: string }[]) => events.map(({ id }) => id).toSorted();
    await eventually(async () => expect(ids(await courier.read(service))).toEqual(ids(written)));
  }
}, 180_000);

/** What somebody who follows the live feed was told. */
interface Follower {
  readonly events: LiveEvent[];
  stop(): Promise<void>;
}

async function follow(): Promise<Follower> {
  const { events, close, ended } = await listen(feedOf(0), { token: ann.token });
  return {
    events,
    async stop() {
      close();
      await ended;
    },
  };
}

const feedOf = (index: number) => String(replicas[index % replicas.length]?.process('posts').url);

/** Leaves after every few events, and comes back to the other replica with the id of the last. */
function followByTurns(from: string): Follower {
  const events: LiveEvent[] = [];
  const stopped = new AbortController();
  const following = (async () => {
    let lastEventId = from;
    for (let turn = 1; !stopped.signal.aborted; turn += 1) {
      const listener = await listen(feedOf(turn), { token: ann.token, lastEventId });
      // Those that are sent together have one id until the last of them, and come again after a break in between.
      const whole = () =>
        listener.events.findLastIndex(({ id }, at, all) => id !== (all[at - 1]?.id ?? lastEventId)) + 1;
      await eventually(() => expect(whole() > 0 || stopped.signal.aborted).toBe(true), 60_000);
      listener.close();
      events.push(...listener.events.slice(0, whole()));
      lastEventId = events.at(-1)?.id ?? from;
    }
  })();
  // It is awaited at the end; until then nobody looks.
  following.catch(() => undefined);
  return {
    events,
    async stop() {
      stopped.abort();
      await following;
    },
  };
}

it('sends every event of all partitions to the live feed, in order and once, also to clients that reconnect to another replica', async () => {
  const staying = await follow();
  const first = await publish();
  const idOfFirst = () => staying.events.find(({ data }) => data.id === first.id)?.id;
  await eventually(() => expect(idOfFirst()).toBeDefined(), 20_000);
  const returning = followByTurns(String(idOfFirst()));
  endings.push(staying.stop, returning.stop);
  const posts = await Promise.all(Array.from({ length: 32 }, () => publish()));
  const eventsOf = ({ events }: Follower, { id }: Voted) => events.filter(({ data }) => data.id === id);
  const areTold = (expected: (index: number) => string[], votes: number) =>
    eventually(() => {
      for (const follower of [staying, returning]) {
        for (const [index, post] of posts.entries()) {
          const told = eventsOf(follower, post);
          const others = told.filter(({ event }) => event !== 'votes').map(({ event }) => event);
          expect(others).toEqual(expected(index));
          expect(told.findLast(({ event }) => event === 'votes')?.data.votes ?? 0).toBe(votes);
        }
      }
    }, 30_000);
  await areTold(() => ['post-published'], 0);
  await Promise.all(posts.flatMap((post) => [vote(post), vote(post)]));
  await areTold(() => ['post-published'], 2);
  const change = ({ id }: Voted) =>
    ask('posts', 'PUT', `/posts/${id}`, { token: ann.token, json: { title: 'New', content: 'C' } });
  await Promise.all(posts.flatMap((post) => [change(post), vote(post)]));
  await areTold(() => ['post-published', 'post-changed'], 3);
  const isDeleted = (index: number) => index % 3 === 0;
  await Promise.all(
    posts
      .filter((_, index) => isDeleted(index))
      .map((post) => ask('posts', 'DELETE', `/posts/${post.id}`, { token: ann.token })),
  );
  await areTold(
    (index) => ['post-published', 'post-changed', ...(isDeleted(index) ? ['post-deleted'] : [])],
    3,
  );
  await Promise.all([staying.stop(), returning.stop()]);
  for (const follower of [staying, returning]) {
    expect(follower.events.map(({ event }) => event)).not.toContain('reset');
    for (const post of posts) {
      const counts = eventsOf(follower, post).flatMap(({ data }) => data.votes ?? []);
      expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    }
  }
}, 120_000);
