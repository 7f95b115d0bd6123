import { randomUUID } from 'node:crypto';
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stalledLoops, type Stoppable } from '@agora/process';
import { postDeleted } from '@agora/contracts';
import { eventually, openFaultProxy, ownNatsUser, startOwnNats, type OwnNats } from '@agora/testing';
import Joi from 'joi';
import type { Sequelize } from 'sequelize';
import { noticeGaps } from '../src/consume/notice-gaps.js';
import {
  brokerSettings,
  connectBroker,
  on,
  startConsumers,
  startRelay,
  type Broker,
  type BrokerSettings,
} from '../src/index.js';
import { followStream, type Follower, type Following } from '../src/reading.js';

const password = 'the password';
const errors: object[] = [];
const warnings: string[] = [];
const logger = {
  info() {},
  warn: ({ error }: { error?: unknown }) => void warnings.push(String(error)),
  error: (fields: object) => void errors.push(fields),
};

let nats: OwnNats;
let broker: Broker;
let connection: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  nats = await startOwnNats(password);
  const given = { NATS_URL: nats.url, NATS_USER: ownNatsUser, NATS_PASSWORD: password };
  broker = connectBroker('test', Joi.attempt(given, Joi.object<BrokerSettings>(brokerSettings)), logger);
  connection = await connect({ servers: nats.url, user: ownNatsUser, pass: password });
  manager = await jetstreamManager(connection);
});
afterAll(async () => {
  await broker.stop();
  await connection.close();
  await nats.stop();
});

const publish = (subject: string, count = 1) =>
  Promise.all(Array.from({ length: count }, () => jetstream(connection).publish(subject, '{}')));

async function publishEvent(type: string, data: object): Promise<void> {
  const envelope = {
    specversion: '1.0',
    id: randomUUID(),
    source: 'agora/test',
    type,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data,
  };
  await jetstream(connection).publish(type, JSON.stringify(envelope));
}

describe('a consumer that was away for longer than the stream keeps messages', () => {
  it('reports once how many messages are gone, and nothing when none are', async () => {
    await manager.streams.add({ name: 'SHORT', subjects: ['short'], max_age: nanos(1_000) });
    await manager.consumers.add('SHORT', { durable_name: 'late', ack_policy: AckPolicy.Explicit });
    const readAll = async () => {
      const look = noticeGaps(await manager.consumers.info('SHORT', 'late'), logger);
      const consumer = await jetstream(connection).consumers.get('SHORT', 'late');
      for await (const message of await consumer.fetch({ max_messages: 10, expires: 1_000 })) {
        look(message);
        message.ack();
      }
    };
    await publish('short', 3);
    await readAll();
    await publish('short', 4);
    await eventually(async () => {
      expect((await manager.streams.info('SHORT')).state.messages).toBe(0);
    });
    expect(errors).toEqual([]);
    await publish('short');
    await readAll();
    await publish('short', 2);
    await readAll();
    expect(errors).toEqual([{ stream: 'SHORT', missed: 4, after: 3 }]);
  });
});

describe('a consumer with acknowledged messages that the server does not know to be delivered', () => {
  it('delivers the messages in between, or reports them as missed', async () => {
    errors.length = 0;
    await manager.streams.add({ name: 'PASSED', subjects: ['passed'] });
    await manager.consumers.add('PASSED', { durable_name: 'two', ack_policy: AckPolicy.Explicit });
    await publish('passed', 5);
    const look = noticeGaps(await manager.consumers.info('PASSED', 'two'), logger);
    const consumer = await jetstream(connection).consumers.get('PASSED', 'two');
    const first = await consumer.next();
    if (!first) throw new Error('nothing was delivered');
    look(first);
    // As after a change of its leader: the new one does not know of what the old one delivered last.
    const { reply } = first as unknown as { reply: string };
    connection.publish(reply.replace('.1.1.1.', '.1.4.4.'));
    first.ack();
    await connection.flush();
    const sequences: number[] = [];
    for await (const message of await consumer.fetch({ max_messages: 4, expires: 1_000 })) {
      look(message);
      sequences.push(message.seq);
    }
    const passedOver = 4 - sequences.length;
    expect(errors).toEqual(passedOver > 0 ? [{ stream: 'PASSED', missed: passedOver, after: 1 }] : []);
  });
});

describe('a follower of a stream', () => {
  const event = { type: 'auth.test.v1', schema: Joi.object().unknown() };
  const received: string[] = [];
  let following: Following;

  beforeAll(async () => {
    await manager.streams.add({ name: 'AUTH', subjects: ['auth.>'] });
    const follow = (data: { text: string }) => void received.push(data.text);
    const followers = [{ event, follow }] as Follower<never>[];
    following = followStream({ broker, publisher: 'auth', seconds: 60, logger, followers });
    await eventually(() => {
      if (!following.isCaughtUp()) throw new Error('not caught up');
    });
  });
  afterAll(() => following.stop());

  it('continues within 2 s when the server has forgotten its consumer', async () => {
    for await (const { name } of manager.consumers.list('AUTH')) await manager.consumers.delete('AUTH', name);
    await publishEvent(event.type, { text: 'forgotten' });
    await eventually(() => expect(received).toContain('forgotten'), 2_000);
    expect(await following.isAtEnd()).toBe(true);
  });

  it('notices within 2 s that the server is silent, though the connection is open', async () => {
    warnings.length = 0;
    nats.freeze();
    await eventually(
      () => expect(JSON.stringify(warnings)).toContain('the consumer does not answer'),
      2_000,
    ).finally(() => nats.thaw());
    expect(broker.isConnected()).toBe(true);
    await publishEvent(event.type, { text: 'thawed' });
    await eventually(() => expect(received).toContain('thawed'), 3_000);
  });
});

describe('a consumer that hangs', () => {
  let consumers: Stoppable;

  it('counts as a stalled loop, but not while it waits for messages', async () => {
    await manager.streams.add({ name: 'POSTS', subjects: ['posts.>'] });
    const hung = Promise.withResolvers<never>();
    const database = { transaction: () => hung.promise } as unknown as Sequelize;
    consumers = startConsumers({
      service: 'test',
      subscriptions: [on(postDeleted, async () => undefined)],
      broker,
      database,
      logger,
      correlation: { run: (_id, work) => work(), current: () => undefined, wrote: () => undefined },
      isTransient: () => true,
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(stalledLoops(1_500)).toEqual([]);
    await publishEvent(postDeleted.type, { post_id: 1 });
    await eventually(() => expect(stalledLoops(1_500)).toEqual(['consumer of POSTS']), 5_000);
    hung.reject(new Error('over'));
    await consumers.stop();
  });
});

describe('a relay whose database accepts connections and never answers', () => {
  it('counts as a stalled loop', async () => {
    const silent = await openFaultProxy(Number(new URL(nats.url).port));
    silent.holdBack();
    const relay = startRelay({
      outbox: { publisher: 'votes', onCommit: () => undefined },
      broker,
      connection: { host: '127.0.0.1', port: silent.port, user: 'nobody', password: 'none' },
      logger,
    });
    await eventually(() => expect(stalledLoops(1_500)).toContain('relay of votes'), 5_000);
    await silent.stop();
    await relay.stop();
  });
});
