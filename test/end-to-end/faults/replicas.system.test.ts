import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { promote } from '@agora/local-stack';
import {
  type Agora,
  type Answer,
  eventually,
  type FaultProxy,
  type HttpClient,
  httpClient,
  join,
  openFaultProxy,
  type Person,
  queryOn,
  startAgora,
} from '@agora/testing';
import { startPair, type Pair } from './primary-and-standby.js';

let pair: Pair;
let proxy: FaultProxy;
let agora: Agora;
let ann: Person;
let posts: HttpClient;
let votes: HttpClient;

beforeAll(async () => {
  const logAll = `ALTER DATABASE agora SET log_statement = 'all'`;
  pair = await startPair({ durable: true, prepare: logAll });
  proxy = await openFaultProxy(pair.standby.port);
  const environment = {
    DATABASE_PORT: String(pair.primary.port),
    DATABASE_NAME: 'agora',
    DATABASE_REPLICA_HOST: '127.0.0.1',
    DATABASE_REPLICA_PORT: String(proxy.port),
  };
  agora = await startAgora(['auth', 'posts', 'votes'], { environment });
  ann = await join(httpClient(agora.process('auth').url));
  posts = httpClient(agora.process('posts').url);
  votes = httpClient(agora.process('votes').url);
}, 120_000);
afterAll(async () => {
  await agora.stop();
  await proxy.stop();
  await pair.stop();
}, 120_000);

/** The statements that processes run on a server, from its log. */
const statementsOf = (server: 'primary' | 'standby') =>
  [
    ...readFileSync(pair.logs[server], 'utf8').matchAll(
      /LOG: {2}(?:statement|execute [^:]+): ([^]*?)\n(?!\t)/g,
    ),
  ].map(([, text]) => String(text).trim());
const readsOf = (server: 'primary' | 'standby') =>
  statementsOf(server).filter((text) => /^SELECT[^]*FROM posts JOIN authors/.test(text)).length;

const tokenOf = ({ headers }: Answer) => ({ 'Consistency-Token': String(headers.get('consistency-token')) });
const publish = async (title = 'T') => {
  const json = { title, content: 'C' };
  const answer = await posts('POST', '/posts', { token: ann.token, json });
  expect(answer.status).toBe(201);
  return { id: Number(answer.body.id), headers: tokenOf(answer) };
};
const rename = async (id: number, title: string) =>
  tokenOf(await posts('PATCH', `/posts/${id}`, { token: ann.token, json: { title } }));
const read = (path: string, headers = {}) => posts('GET', path, { token: ann.token, headers });

/** Waits until reads are the replica's alone, as they are not while it was found to be behind or away. */
const untilRead = (id: number) =>
  eventually(async () => {
    const before = { primary: readsOf('primary'), standby: readsOf('standby') };
    for (let count = 0; count < 5; count += 1) await read(`/posts/${id}`);
    expect(readsOf('primary')).toBe(before.primary);
    expect(readsOf('standby')).toBeGreaterThan(before.standby);
  }, 20_000);

/** Several clients read continuously while something happens; returns their answers. */
async function whileReading(id: number, happens: () => Promise<unknown>): Promise<Set<number>> {
  const statuses = new Set<number>();
  let isOver = false;
  const readOn = async () => {
    while (!isOver) statuses.add((await read(`/posts/${id}`)).status);
  };
  const readers = Array.from({ length: 4 }, readOn);
  try {
    await happens();
  } finally {
    isOver = true;
    await Promise.all(readers);
  }
  return statuses;
}

/** Has the primary read because the replica no longer is. */
const untilLeft = (id: number) =>
  eventually(async () => {
    const before = readsOf('standby');
    for (let count = 0; count < 10; count += 1) await read(`/posts/${id}`);
    expect(readsOf('standby')).toBe(before);
  }, 20_000);

describe('reads of a process with a replica', () => {
  let post: Awaited<ReturnType<typeof publish>>;
  beforeAll(async () => {
    post = await publish();
    await untilRead(post.id);
  });

  it('go to the replica, at least nine out of ten', async () => {
    const before = { primary: readsOf('primary'), standby: readsOf('standby') };
    for (let count = 0; count < 50; count += 1)
      for (const path of [`/posts/${post.id}`, '/posts', '/feed', '/feed?sort=top'])
        expect((await read(path)).status).toBe(200);
    const left = readsOf('standby') - before.standby;
    expect(left / (left + readsOf('primary') - before.primary)).toBeGreaterThanOrEqual(0.9);
  });

  it('find a post that was just published, and show the write of their consistency token', async () => {
    for (let count = 0; count < 20; count += 1) {
      const { id } = await publish();
      expect((await read(`/posts/${id}`)).status).toBe(200);
      const headers = await rename(id, `T ${count}`);
      expect((await read(`/posts/${id}`, headers)).body.title).toBe(`T ${count}`);
    }
  });

  describe('while the replica replays nothing', () => {
    beforeAll(() => queryOn(pair.standby, 'SELECT pg_wal_replay_pause()'));
    afterAll(async () => {
      await queryOn(pair.standby, 'SELECT pg_wal_replay_resume()');
      await untilRead(post.id);
    });

    it("page through what the first page had, and show the caller's writes, also with a token of an older release", async () => {
      const [older, newer] = [await publish('older'), await publish('newer')];
      const first = await read('/feed?limit=1', newer.headers);
      expect(first.body).toMatchObject([{ id: newer.id }]);
      const next = /<([^>]+)>; rel="next"/.exec(String(first.headers.get('link')))?.[1];
      expect((await read(String(next))).body).toMatchObject([{ id: older.id }]);

      const headers = await rename(older.id, 'renamed');
      const { time, events } = JSON.parse(
        Buffer.from(headers['Consistency-Token'], 'base64url').toString(),
      ) as { time: string; events: [string, string][] };
      const ofBefore = JSON.stringify({ time, events: events.filter(([, type]) => !type.includes('@')) });
      for (const token of [headers['Consistency-Token'], Buffer.from(ofBefore).toString('base64url')]) {
        const answer = await read(`/posts/${older.id}`, { 'Consistency-Token': token });
        expect([answer.body.title, answer.headers.get('consistency')]).toEqual(['renamed', null]);
      }
      const json = { post_id: older.id, dir: 1 };
      const voted = tokenOf(await votes('POST', '/vote', { token: ann.token, json }));
      const [counted, listed] = [
        await read(`/posts/${older.id}`, voted),
        await votes('GET', `/vote?post_ids=${older.id}`, { token: ann.token, headers: voted }),
      ];
      expect([counted.body.votes, listed.body.voted]).toEqual([1, [older.id]]);
    });

    it('show nothing that was deleted 2 s ago', async () => {
      const { id } = await publish();
      await posts('DELETE', `/posts/${id}`, { token: ann.token });
      await eventually(async () => expect((await read(`/posts/${id}`)).status).toBe(404), 2_000);
      await posts('DELETE', `/posts/${post.id}`, { token: ann.token });
      await eventually(async () => expect((await read(`/posts/${post.id}`)).status).toBe(404), 2_000);
      post = await publish();
    });
  });

  it('fail for no client while it hangs, and use it again afterwards', async () => {
    const statuses = await whileReading(post.id, async () => {
      proxy.holdBack();
      await untilLeft(post.id);
      proxy.heal();
      await untilRead(post.id);
    });
    expect([...statuses]).toEqual([200]);
  }, 60_000);

  it('fail for no client when it is killed, and use it again afterwards', async () => {
    const statuses = await whileReading(post.id, async () => {
      await pair.standby.process.end([['SIGKILL', 1_000]]);
      await pair.restartStandby();
      await untilRead(post.id);
    });
    expect([...statuses]).toEqual([200]);
  }, 60_000);

  it('no longer use it once it is promoted', async () => {
    const statuses = await whileReading(post.id, async () => {
      await promote(pair.standby);
      await untilLeft(post.id);
    });
    const headers = await rename(post.id, 'of the primary');
    expect((await read(`/posts/${post.id}`, headers)).body.title).toBe('of the primary');
    expect([...statuses]).toEqual([200]);
  }, 60_000);

  it('are all that is sent to it', () => {
    const others = statementsOf('standby').filter((text) => !/^SELECT\b/.test(text));
    expect(others).toEqual([]);
  });
});
