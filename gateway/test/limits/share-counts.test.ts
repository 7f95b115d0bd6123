import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@agora/process';
import { connectBroker } from '@agora/messaging';
import { openBroadcast } from '@agora/messaging/reading';
import {
  currentStack,
  eventually,
  freshId,
  startAgora,
  stubService,
  tokenFor,
  type Agora,
  type Answer,
  type StubService,
} from '@agora/testing';
import { openSharedLimiter } from '../../src/limits/share-counts.js';
import { signToken } from '../access-token.js';
import { generous, startGatewayTo } from '../start-gateway.js';
import { startUpstream } from '../start-upstream.js';

const limit = 100_000;
const environment = { RATE_LIMIT_USER: `${limit}/3600`, RATE_LIMIT_WRITES: '4/3600' };

interface Replica {
  agora: Agora;
  stub: StubService;
}

async function startReplica(settings: Record<string, string> = environment): Promise<Replica> {
  const agora = await startAgora(['gateway'], { environment: settings });
  return { agora, stub: await stubService(agora.ports.posts.port, () => ({})) };
}

async function stopReplica({ agora, stub }: Replica): Promise<void> {
  await agora.stop();
  await stub.stop();
}

interface User {
  id: number;
  /** How often they have asked. */
  sent(): number;
  ask(replica: Replica, method?: string): Promise<Answer>;
}

/** What stands in for posts answers otherwise than the document says, which the usual client would refuse. */
async function askForPosts(origin: string, method: string, token: string): Promise<Answer> {
  const response = await fetch(`${origin}/posts`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(method === 'POST' && { body: '{}' }),
  });
  const body = (await response.json()) as Answer['body'];
  return { status: response.status, headers: response.headers, body };
}

function newUser(): User {
  const id = freshId();
  const token = tokenFor(id);
  let sent = 0;
  return {
    id,
    sent: () => sent,
    ask({ agora }, method = 'GET') {
      sent += 1;
      return askForPosts(agora.process('gateway').url, method, token);
    },
  };
}

/** Asking is counted too, so a replica that knows of its own requests alone never gets there. */
async function expectAllCounted(user: User, replica: Replica, more = 0): Promise<void> {
  const { headers } = await user.ask(replica);
  expect(headers.get('ratelimit')).toContain(`"user";r=${limit - user.sent() - more};`);
}

describe('two gateways', () => {
  let one: Replica;
  let other: Replica;

  beforeAll(async () => {
    [one, other] = await Promise.all([startReplica(), startReplica()]);
    // They do not wait for NATS, and what they counted before they found it stays their own.
    await eventually(async () => {
      const user = newUser();
      await user.ask(one);
      await eventually(() => expectAllCounted(user, other), 500);
      await eventually(() => expectAllCounted(user, one), 500);
    });
  });
  afterAll(() => Promise.all([stopReplica(one), stopReplica(other)]));

  it('count together', async () => {
    const user = newUser();
    await Promise.all([one, one, one, other, other].map((replica) => user.ask(replica)));
    await eventually(() => expectAllCounted(user, one));
    await eventually(() => expectAllCounted(user, other));
    // Nor is anything counted twice, when more comes.
    await user.ask(one);
    await eventually(() => expectAllCounted(user, other));
    await eventually(() => expectAllCounted(user, one));
  });

  it('refuse together', async () => {
    const user = newUser();
    for (let each = 0; each < 4; each += 1) expect((await user.ask(one, 'POST')).status).toBe(200);
    await eventually(() => expectAllCounted(user, other));
    const { status, headers, body } = await user.ask(other, 'POST');
    expect([status, body.code]).toEqual([429, 'rate_limited']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500);
  });

  it('ignore malformed messages', async () => {
    const { nats, worker } = currentStack();
    const { user: NATS_USER, password: NATS_PASSWORD } = worker.natsUsers.gateway;
    const settings = { NATS_URL: nats.url, NATS_USER, NATS_PASSWORD };
    const broker = connectBroker(
      'test',
      {
        ...settings,
        STREAM_REPLICAS: 1,
        STREAM_MAX_BYTES: 1,
        STREAM_MAX_AGE_DAYS: 1,
        LEASE_SECONDS: 1,
        EVENT_PARTITIONS: 1,
      },
      createLogger('test', 'silent'),
    );
    const broadcast = openBroadcast(broker, 'gateway.limits', () => undefined);
    await broker.connection();
    const user = newUser();
    const key = String(user.id);
    const broken = [
      'text',
      { from: 'test' },
      { from: 'test', counts: [['user', key, -1_000]] },
      { from: 'test', counts: [['user', key, 1_000, 1]] },
      { from: 'test', counts: [['nonsense', key, 1_000]] },
      { from: 'test', counts: [['user', 'x'.repeat(65), 1_000]] },
    ];
    for (const message of [...broken, { from: 'test', counts: [['user', key, 7]] }]) broadcast.send(message);
    await eventually(() => expectAllCounted(user, one, 7));
    await eventually(() => expectAllCounted(user, other, 7));
    await broadcast.stop();
    await broker.stop();
  });
});

it('counts on its own while NATS is away', async () => {
  const unreachable = {
    STREAM_REPLICAS: 1,
    STREAM_MAX_BYTES: 1_048_576,
    STREAM_MAX_AGE_DAYS: 1,
    LEASE_SECONDS: 1,
    EVENT_PARTITIONS: 1,
  };
  const broker = connectBroker(
    'gateway',
    { NATS_URL: 'nats://127.0.0.1:1', ...unreachable },
    createLogger('gateway', 'silent'),
  );
  const limiter = openSharedLimiter({ ...generous, writes: { limit: 4, seconds: 3_600 } }, broker);
  const upstream = await startUpstream();
  const gateway = await startGatewayTo(upstream.origin, { limiter });
  const post = async () =>
    (await askForPosts(`http://127.0.0.1:${gateway.port}`, 'POST', signToken())).status;
  for (let each = 0; each < 4; each += 1) expect(await post()).toBe(200);
  expect(await post()).toBe(429);
  await gateway.stop();
  await upstream.stop();
  await limiter.stop();
  await broker.stop();
});
