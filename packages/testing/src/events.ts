import { randomUUID } from 'node:crypto';
import type { Envelope, EventDefinition } from '@agora/contracts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { currentStack } from './stack.js';

/** Delivers messages to Agora's streams as a publisher would. */
export interface Courier {
  /** Publishes an event; with the `id` of an earlier one it is the same event again, past the broker's own deduplication. */
  deliver<Data>(event: EventDefinition<Data>, data: Data, id?: string): Promise<string>;
  /** Publishes anything at all. */
  deliverRaw(subject: string, body: string): Promise<void>;
  /** Resolves once the consumer of a service has acknowledged all that its stream holds. */
  settled(stream: string, consumer: string): Promise<boolean>;
  close(): Promise<void>;
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
    async settled(stream, consumer) {
      const manager = await jetstreamManager(connection);
      const { num_pending: pending, num_ack_pending: unacknowledged } = await manager.consumers.info(stream, consumer);
      return pending === 0 && unacknowledged === 0;
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
