import { randomUUID } from 'node:crypto';
import { voteCast, type Envelope } from '@agora/contracts';
import { eventually, currentStack, ownNatsUser, query, startOwnNats, type OwnNats } from '@agora/testing';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import Joi from 'joi';
import type pg from 'pg';
import { Sequelize, type QueryInterface, type Transaction } from 'sequelize';
import { streamOf } from '../src/partitions.js';
import { addLeases, addPartitions, createMessagingTables, partitionTables } from '../src/migrating.js';
import {
  brokerSettings,
  connectBroker,
  openOutbox,
  startRelay,
  type Broker,
  type BrokerSettings,
} from '../src/index.js';

export const logger = { info() {}, warn() {}, error() {} };
export const correlation = {
  current: () => undefined,
  wrote: () => undefined,
  run: <Result>(_id: string | undefined, work: () => Promise<Result>) => work(),
};

/** The tables of messaging in a database of their own, and a NATS server of their own, for one test file. */
export interface OwnMessaging {
  connection: pg.ClientConfig;
  /** As a service has it. */
  database: Sequelize;
  broker: Broker;
  /** Opens another connection with other settings. */
  connect(settings: Partial<BrokerSettings>): Broker;
  nats: OwnNats;
  manager: JetStreamManager;
  /** Runs a statement on the database. */
  rows<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Inserts that many events into the outbox in one statement; published if `publishedAt`, SQL, says when. */
  fillOutbox(count: number, publishedAt?: string): Promise<void>;
  /** Starts a relay of votes. */
  relay(given?: Broker): { stop(): Promise<void> };
  /** Publishes to the stream past the outbox. */
  publish(envelope: Envelope, messageId?: string): Promise<number>;
  /** The ids of the events in the stream of a partition, in order. */
  stored(partition?: number): Promise<string[]>;
  stop(): Promise<void>;
}

export const password = 'a password';

/** With tables as they were before they had partitions where `isPartitioned` is false. */
export async function openMessaging(isPartitioned = true): Promise<OwnMessaging> {
  const name = `messaging_${randomUUID().slice(0, 8)}`;
  await query(`CREATE DATABASE ${name}`);
  const connection = { ...currentStack().postgres, database: name };
  const { host, port, user } = connection;
  const database = new Sequelize(name, user, connection.password, {
    host,
    port,
    dialect: 'postgres',
    logging: false,
  });
  await database.transaction(async (transaction: Transaction) => {
    const tables: QueryInterface = database.getQueryInterface();
    await createMessagingTables(tables, transaction);
    await addLeases(tables, transaction);
    await addPartitions(tables, transaction);
    if (isPartitioned) await partitionTables(tables, transaction);
  });
  const nats = await startOwnNats(password);
  const login = { NATS_URL: nats.url, NATS_USER: ownNatsUser, NATS_PASSWORD: password, LEASE_SECONDS: 1 };
  const connectWith = (settings: Partial<BrokerSettings> = {}) => {
    const given = { ...login, ...settings };
    return connectBroker('test', Joi.attempt(given, Joi.object<BrokerSettings>(brokerSettings)), logger);
  };
  const broker = connectWith();
  const outbox = openOutbox(database, 'votes', correlation);
  const client = await connect({
    servers: nats.url,
    user: ownNatsUser,
    pass: password,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
  const manager = await jetstreamManager(client);
  const rows = <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    query<Row>(text, values, name);
  return {
    connection,
    database,
    broker,
    connect: connectWith,
    nats,
    manager,
    rows,
    async fillOutbox(count, publishedAt = 'NULL') {
      const envelope = { ...envelopeOf(''), id: undefined };
      await rows(
        `INSERT INTO outbox (event_id, envelope, published_at)
         SELECT id, $2::jsonb || jsonb_build_object('id', id), ${publishedAt}
         FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1)) AS made`,
        [count, JSON.stringify(envelope)],
      );
    },
    relay(through = broker) {
      return startRelay({ outbox, broker: through, connection, logger });
    },
    publish: async (envelope, msgID = envelope.id) =>
      (await jetstream(client).publish(envelope.type, JSON.stringify(envelope), { msgID })).seq,
    stored: (partition) => storedIn(client, manager, streamOf('votes', partition)),
    async stop() {
      await client.close();
      await broker.stop();
      await database.close();
      await nats.stop();
      await query(`DROP DATABASE ${name}`);
    },
  };
}

/** An event as votes publishes it. */
export const envelopeOf = (id: string = randomUUID()): Envelope => ({
  specversion: '1.0',
  id,
  source: 'agora/votes',
  type: voteCast.type,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  data: { post_id: 1, user_id: 1 },
});

async function storedIn(
  client: NatsConnection,
  manager: JetStreamManager,
  stream: string,
): Promise<string[]> {
  const { messages } = (await manager.streams.info(stream)).state;
  if (messages === 0) return [];
  const consumer = await jetstream(client).consumers.get(stream);
  const ids: string[] = [];
  for await (const message of await consumer.fetch({ max_messages: messages, expires: 5_000 }))
    ids.push(message.json<Envelope>().id);
  return ids;
}

/** Waits until the outbox has nothing left to publish, for the first time or again. */
export const allPublished = ({ rows }: OwnMessaging, milliseconds = 10_000) =>
  eventually(async () => {
    const left = await rows('SELECT FROM outbox WHERE published_at IS NULL LIMIT 1');
    const again = await rows('SELECT FROM published_streams WHERE republish_until IS NOT NULL');
    if (left.length + again.length > 0) throw new Error('not all is published');
  }, milliseconds);
