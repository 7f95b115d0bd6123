import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { promote, type Postgres } from '@agora/local-stack';
import {
  type Agora,
  eventually,
  type FaultProxy,
  httpClient,
  openFaultProxy,
  queryOn,
  startAgora,
  statusesOf,
  tokenFor,
} from '@agora/testing';
import { startPair, type Pair } from './primary-and-standby.js';

let pair: Pair;
let proxy: FaultProxy;
let agora: Agora;

const ask = (service: 'auth' | 'posts' | 'votes') => httpClient(agora.process(service).url);

interface Member {
  id: number;
  token: string;
}

async function register(server: Postgres): Promise<Member> {
  const json = { email: `${randomUUID()}@example.test`, password: 'correct horse' };
  const id = await eventually(async () => {
    const { status, body } = await ask('auth')('POST', '/users', { json });
    expect(status).toBe(201);
    return Number(body.id);
  });
  const [row] = await queryOn<{ key: string }>(
    server,
    'SELECT account_key AS key FROM auth.users WHERE id = $1',
    [id],
  );
  return { id, token: tokenFor(id, { account_key: String(row?.key) }) };
}

const many = async <Made>(count: number, make: () => Promise<Made>): Promise<Made[]> => {
  const made: Made[] = [];
  while (made.length < count) made.push(await make());
  return made;
};

const publish = async ({ token }: Member, published = true) => {
  const json = { title: 'a', content: 'b', published };
  const { status, body } = await ask('posts')('POST', '/posts', { token, json });
  expect(status).toBe(201);
  return Number(body.id);
};

const vote = ({ token }: Member, postId: number) =>
  ask('votes')('POST', '/vote', { token, json: { post_id: postId, dir: 1 } });

/** A post that votes has heard of. */
const heardOf = (server: Postgres, ids: number[]) =>
  eventually(async () =>
    expect(await queryOn(server, 'SELECT FROM votes.known_posts WHERE id = ANY($1)', [ids])).toHaveLength(
      ids.length,
    ),
  );

/** Waits until the standby has that many accounts. */
const followed = (accounts: number) =>
  eventually(async () =>
    expect(await queryOn(pair.standby, 'SELECT FROM auth.users')).toHaveLength(accounts),
  );

beforeAll(async () => {
  pair = await startPair({ durable: false });
  proxy = await openFaultProxy(pair.primary.port);
  const environment = { DATABASE_PORT: String(proxy.port), DATABASE_NAME: 'agora' };
  agora = await startAgora(['auth', 'posts', 'votes'], { environment });
}, 120_000);
afterAll(async () => {
  await agora.stop();
  await proxy.stop();
  await pair.stop();
}, 120_000);

describe('a standby that is promoted without the newest accounts and posts', () => {
  let [lost, base, fresh]: Member[][] = [];
  let lostPosts: number[];

  beforeAll(async () => {
    base = await many(2, () => register(pair.primary));
    await followed(base.length);
    await pair.standby.stop();
    lost = await many(40, () => register(pair.primary));
    lostPosts = await Promise.all(lost.map((member) => publish(member)));
    await heardOf(pair.primary, lostPosts);
    for (const member of base ?? []) await vote(member, lostPosts[0] ?? 0);
    await pair.primary.process.end([['SIGKILL', 1_000]]);
    proxy.refuse();
    await pair.restartStandby();
    await promote(pair.standby);
    proxy.leadTo(pair.standby.port);
    proxy.heal();
    fresh = await many(5, () => register(pair.standby));
  }, 60_000);

  it('has lost them', async () => {
    const ids = (lost ?? []).map(({ id }) => id);
    expect(await queryOn(pair.standby, 'SELECT FROM auth.users WHERE id = ANY($1)', [ids])).toEqual([]);
  });

  it('gives none of their ids again', () => {
    const highest = Math.max(...(lost ?? []).map(({ id }) => id));
    expect(Math.min(...(fresh ?? []).map(({ id }) => id))).toBeGreaterThan(highest);
  });

  it('refuses their tokens at every process', async () => {
    const answers = await Promise.all(
      (lost ?? []).flatMap((member) => [
        ask('auth')('GET', '/users/me', { token: member.token }),
        ask('posts')('POST', '/posts', { token: member.token, json: { title: 'a', content: 'b' } }),
      ]),
    );
    expect(new Set(statusesOf(answers))).toEqual(new Set([401]));
  });

  it('accepts votes on new posts, which reuse no lost ids, and hides drafts', async () => {
    const [author, stranger] = fresh as [Member, Member];
    const [post, draft] = [await publish(author), await publish(author, false)];
    expect(Math.min(post, draft)).toBeGreaterThan(Math.max(...lostPosts));
    expect(
      statusesOf([await vote(author, post), await vote(stranger, post), await vote(author, draft)]),
    ).toEqual([201, 201, 201]);
    expect((await vote(stranger, draft)).status).toBe(404);
  });
});
