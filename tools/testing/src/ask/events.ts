import { randomUUID } from 'node:crypto';
import { publishers, type Envelope, type EventDefinition, type Publisher } from '@agora/contracts';
import { ensureStream, findStreams } from '@agora/messaging/operating';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { currentStack } from '../stack.js';

/** Delivers messages to Agora's streams as a publisher would. */
export interface Courier {
  /** Publishes an event; with the `id` of an earlier one it is the same event again, past the broker's own deduplication. */
  deliver<Data>(event: EventDefinition<Data>, data: Data, id?: string): Promise<string>;
  /** Publishes anything at all. */
  deliverRaw(subject: string, body: string): Promise<void>;
  /** Makes a publisher's stream, where the publisher itself does not run. */
  ensureStream(publisher: Publisher): Promise<void>;
  /** Deletes a publisher's streams and all they hold, as a lost disk would. */
  loseStream(publisher: Publisher): Promise<void>;
  /** Has a publisher's stream take nothing more while `work` runs. */
  whileFull(publisher: Publisher, work: () => Promise<void>): Promise<void>;
  /** All events in a publisher's streams; skips messages that are not JSON, which another test may have left there. */
  read(publisher: Publisher): Promise<Envelope<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

const streamSettings = {
  STREAM_REPLICAS: 1,
  STREAM_MAX_BYTES: 1_073_741_824,
  STREAM_MAX_AGE_DAYS: 7,
  EVENT_PARTITIONS: 1,
};

/** Deletes everything in this worker's streams: events published by other tests would be applied to this test's own database, and vice versa. */
export async function forgetStreams(): Promise<void> {
  const courier = await openCourier();
  for (const publisher of publishers) {
    await courier.ensureStream(publisher);
    await courier.loseStream(publisher);
  }
  await courier.close();
}

/** Connects a courier to this worker's share of NATS. */
export async function openCourier(): Promise<Courier> {
  const { nats, worker } = currentStack();
  const { user, password: pass } = worker.natsUsers.tester;
  const connection = await connect({ servers: nats.url, user, pass });
  const publish = publisher(connection);
  return {
    async deliver(event, data, id = randomUUID()) {
      const envelope: Envelope = {
        specversion: '1.0',
        id,
        source: 'agora/test',
        type: event.type,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data,
      };
      await publish(event.type, JSON.stringify(envelope));
      return id;
    },
    deliverRaw: publish,
    async ensureStream(name) {
      await ensureStream(await jetstreamManager(connection), name, streamSettings);
    },
    async loseStream(name) {
      const manager = await jetstreamManager(connection);
      for (const stream of await findStreams(manager, name)) await manager.streams.delete(stream);
    },
    async whileFull(name, work) {
      const { streams } = await jetstreamManager(connection);
      const { config } = await streams.info(name.toUpperCase());
      await streams.update(config.name, { ...config, max_msg_size: 10 });
      try {
        await work();
      } finally {
        await streams.update(config.name, config);
      }
    },
    async read(name) {
      const streams = await findStreams(await jetstreamManager(connection), name);
      return (await Promise.all(streams.map((stream) => readStream(connection, stream)))).flat();
    },
    close: () => connection.close(),
  };
}

const publisher = (connection: NatsConnection) => {
  const client = jetstream(connection);
  return async (subject: string, body: string) => {
    await client.publish(subject, body);
  };
};

async function readStream(
  connection: NatsConnection,
  stream: string,
): Promise<Envelope<Record<string, unknown>>[]> {
  const manager = await jetstreamManager(connection);
  const { messages } = (await manager.streams.info(stream)).state;
  if (messages === 0) return [];
  const consumer = await jetstream(connection).consumers.get(stream);
  const found: Envelope<Record<string, unknown>>[] = [];
  for await (const message of await consumer.fetch({ max_messages: messages, expires: 2_000 }))
    found.push(...parsed(message.string()));
  return found;
}

function parsed(text: string): Envelope<Record<string, unknown>>[] {
  try {
    return [JSON.parse(text) as Envelope<Record<string, unknown>>];
  } catch {
    return [];
  }
}
