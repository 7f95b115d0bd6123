import { Gauge } from 'prom-client';
import type { Sequelize } from 'sequelize';
import { type Broker, within } from './broker.js';
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

/** Exports metrics of the outbox's backlog, dead letters and the consumer's lag. A metric that cannot be read is left out. */
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
  const tables = atScrape(async () => {
    const [row] = await queryRows<Tables>(database, waiting);
    return row;
  });
  const gauge = (name: string, help: string, valueOf: (row: Tables) => number) =>
    new Gauge({
      name,
      help,
      async collect() {
        const row = await tables();
        if (row) this.set(valueOf(row));
        else this.remove();
      },
    });
  gauge('outbox_waiting_events', `Events to be published, counted up to ${countLimit}`, (row) => row.waiting);
  gauge('outbox_oldest_seconds', 'Age of the oldest event to be published; 0 when there is none', (row) =>
    Math.max(0, row.oldest),
  );
  gauge(
    'dead_letters',
    `Dead letters: messages that could not be applied and are kept, counted up to ${countLimit}`,
    (row) => row.dead,
  );
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

const freshMilliseconds = 1_000;
const patienceMilliseconds = 500;

/**
 * Makes the function that a metric asks when it is read: what `ask` says now, or said less than a second ago; undefined when it
 * fails or takes more than half a second, so that an unavailable dependency delays no scrape. Concurrent calls share one question.
 */
function atScrape<Answer>(ask: () => Promise<Answer>): () => Promise<Answer | undefined> {
  let last: { at: number; answer: Promise<Answer | undefined> } | undefined;
  let isAsking = false;
  return () => {
    if (!last || (!isAsking && performance.now() - last.at > freshMilliseconds)) {
      isAsking = true;
      const answer = ask()
        .catch(() => undefined)
        .finally(() => (isAsking = false));
      last = { at: performance.now(), answer };
    }
    return within(patienceMilliseconds, last.answer);
  };
}
