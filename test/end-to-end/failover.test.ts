import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishers } from '@agora/contracts';
import { copyCluster, promote, startPostgres, startStandby, type Postgres } from '@agora/local-stack';
import {
  currentStack,
  eventually,
  httpClient,
  openCourier,
  openFaultProxy,
  query,
  startAgora,
  statusesOf,
  tokenFor,
  type Agora,
  type FaultProxy,
} from '@agora/testing';
import pg from 'pg';

/** What other tests have published would be applied to this database, and the other way round. */
async function forgetStreams() {
  const courier = await openCourier();
  for (const publisher of publishers) {
    await courier.ensureStream(publisher);
    await courier.loseStream(publisher);
  }
  await courier.close();
}

let folder: string;
let [primary, standby]: (Postgres | undefined)[] = [];
let proxy: FaultProxy;
let agora: Agora;

async function on<Row extends pg.QueryResultRow>(
  server: Postgres | undefined,
  text: string,
  values: unknown[] = [],
) {
  const { host, port, user, password } = server as Postgres;
  const client = new pg.Client({ host, port, user, password, database: 'agora' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const ask = (service: 'auth' | 'posts' | 'votes') => httpClient(agora.process(service).url);

interface Member {
  id: number;
  token: string;
}

async function register(server: Postgres | undefined): Promise<Member> {
  const json = { email: `${randomUUID()}@example.test`, password: 'correct horse' };
  const id = await eventually(async () => {
    const { status, body } = await ask('auth')('POST', '/users', { json });
    expect(status).toBe(201);
    return Number(body.id);
  });
  const [row] = await on<{ key: string }>(server, 'SELECT account_key AS key FROM auth.users WHERE id = $1', [
    id,
  ]);
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
const heardOf = (server: Postgres | undefined, ids: number[]) =>
  eventually(async () =>
    expect(await on(server, 'SELECT FROM votes.known_posts WHERE id = ANY($1)', [ids])).toHaveLength(
      ids.length,
    ),
  );

/** Waits until the standby has that many accounts. */
const followed = (accounts: number) =>
  eventually(async () => expect(await on(standby, 'SELECT FROM auth.users')).toHaveLength(accounts));

beforeAll(async () => {
  await forgetStreams();
  const { postgres } = currentStack();
  const [{ directory } = { directory: '' }] = await query<{ directory: string }>(
    "SELECT current_setting('data_directory') AS directory",
  );
  folder = mkdtempSync(join(dirname(directory), 'failover-'));
  chmodSync(folder, 0o755);
  const logFile = join(folder, 'postgres.log');
  const first = join(folder, 'first');
  await copyCluster(postgres, first);
  primary = await startPostgres({
    dataDirectory: first,
    password: postgres.password,
    durable: false,
    logFile,
  });
  const client = new pg.Client({ ...postgres, port: primary.port, database: 'postgres' });
  await client.connect();
  await client.query('CREATE DATABASE agora TEMPLATE agora_template');
  await client.end();
  standby = await startStandby(primary, { dataDirectory: join(folder, 'second'), logFile });
  proxy = await openFaultProxy(primary.port);
  const environment = { DATABASE_PORT: String(proxy.port), DATABASE_NAME: 'agora' };
  agora = await startAgora(['auth', 'posts', 'votes'], { environment });
}, 60_000);
afterAll(async () => {
  await agora.stop();
  await proxy.stop();
  await Promise.all([primary?.stop(), standby?.stop()]);
  rmSync(folder, { recursive: true });
  await forgetStreams();
}, 60_000);

describe('a standby that is promoted without the newest accounts and posts', () => {
  let [lost, base, fresh]: Member[][] = [];
  let lostPosts: number[];

  beforeAll(async () => {
    base = await many(2, () => register(primary));
    await followed(base.length);
    await standby?.stop();
    lost = await many(40, () => register(primary));
    lostPosts = await Promise.all(lost.map((member) => publish(member)));
    await heardOf(primary, lostPosts);
    for (const member of base ?? []) await vote(member, lostPosts[0] ?? 0);
    await primary?.process.end([['SIGKILL', 1_000]]);
    proxy.refuse();
    const { dataDirectory, password } = standby as Postgres;
    standby = await startPostgres({ dataDirectory, password, durable: false, logFile: join(folder, 'log') });
    await promote(standby);
    proxy.leadTo(standby.port);
    proxy.heal();
    fresh = await many(5, () => register(standby));
  }, 60_000);

  it('has lost them', async () => {
    const ids = (lost ?? []).map(({ id }) => id);
    expect(await on(standby, 'SELECT FROM auth.users WHERE id = ANY($1)', [ids])).toEqual([]);
  });

  it('gives none of their ids again', () => {
    const highest = Math.max(...(lost ?? []).map(({ id }) => id));
    expect(Math.min(...(fresh ?? []).map(({ id }) => id))).toBeGreaterThan(highest);
  });

  it('refuses their tokens at every door', async () => {
    const answers = await Promise.all(
      (lost ?? []).flatMap((member) => [
        ask('auth')('GET', '/users/me', { token: member.token }),
        ask('posts')('POST', '/posts', { token: member.token, json: { title: 'a', content: 'b' } }),
      ]),
    );
    expect(new Set(statusesOf(answers))).toEqual(new Set([401]));
  });

  it('has new posts, whose ids no lost post had, voted on as ever, and drafts hidden', async () => {
    const [author, stranger] = fresh as [Member, Member];
    const [post, draft] = [await publish(author), await publish(author, false)];
    expect(Math.min(post, draft)).toBeGreaterThan(Math.max(...lostPosts));
    expect(
      statusesOf([await vote(author, post), await vote(stranger, post), await vote(author, draft)]),
    ).toEqual([201, 201, 201]);
    expect((await vote(stranger, draft)).status).toBe(404);
  });
});
