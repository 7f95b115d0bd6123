import { atScrape, Gauge, measureRow } from '@agora/process';
import type { Sequelize } from 'sequelize';
import type { Broker } from './nats/broker.js';
import { streamsOf } from './partitions.js';
import { countPartitions } from './read/read-partitions.js';
import { publishersOf, type Subscription } from './consume/subscriptions.js';
import { defineStatement, queryRows } from './statements.js';

export interface MeasuringOptions {
  /** The name of the service, and of its durable consumers. */
  service: string;
  database: Sequelize;
  broker: Broker;
  subscriptions?: readonly Subscription[];
}

/** Exports what waits in the outbox, what is dead-lettered, and what the service has yet to read. What does not answer is left out. */
export function measureMessaging(options: MeasuringOptions): void {
  measureTables(options.database);
  if (options.subscriptions) measureConsumers(options, options.subscriptions);
}

/** Counting stops there: with NATS away for long an outbox holds millions. */
const countLimit = 10_000;

interface Tables {
  waiting: number;
  oldest: number;
  dead: number;
}

function measureTables(database: Sequelize): void {
  measureRow(async () => (await queryRows<Tables>(database, waiting))[0], {
    outbox_waiting_events: [`Events to be published, counted up to ${countLimit}`, (row) => row.waiting],
    outbox_oldest_seconds: [
      'Age of the oldest event to be published; 0 when there is none',
      (row) => Math.max(0, row.oldest),
    ],
    dead_letters: [
      `Dead letters: messages that could not be applied and are kept, counted up to ${countLimit}`,
      (row) => row.dead,
    ],
  });
}

const waiting = defineStatement(
  'measure-messaging',
  `
  SELECT
    (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT ${countLimit}) AS waiting)::int AS waiting,
    coalesce((SELECT extract(epoch FROM now() - created_at) FROM outbox WHERE published_at IS NULL
              ORDER BY sequence LIMIT 1), 0)::float8 AS oldest,
    (SELECT count(*) FROM (SELECT 1 FROM dead_letters WHERE dead_at IS NOT NULL ORDER BY dead_at LIMIT ${countLimit}) AS dead)::int AS dead`,
);

function measureConsumers(
  { service, broker }: MeasuringOptions,
  subscriptions: readonly Subscription[],
): Gauge {
  const publishers = publishersOf(subscriptions).map((publisher) =>
    atScrape(async () => {
      const { manager } = await broker.jetStream();
      const streams = streamsOf(publisher, await countPartitions(broker, publisher, service));
      return Promise.all(
        streams.map(async (stream) => {
          const info = await manager.consumers.info(stream, service).catch(() => undefined);
          return { stream, messages: info && info.num_pending + info.num_ack_pending };
        }),
      );
    }),
  );
  return new Gauge({
    name: 'consumer_lag_messages',
    help: 'Messages of the stream that this service has not yet read or not yet acknowledged',
    labelNames: ['stream'],
    async collect() {
      const found = await Promise.all(publishers.map((ask) => ask()));
      this.reset();
      for (const { stream, messages } of found.flatMap((streams) => streams ?? []))
        if (messages !== undefined) this.set({ stream }, messages);
    },
  });
}
