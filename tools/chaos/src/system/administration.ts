import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';

/** Reads the data of all services directly, as an operator could. */
export interface Administration {
  query<Row>(statement: string, values?: unknown[]): Promise<Row[]>;
  streams(): Promise<JetStreamManager>;
  publisher(): Promise<JetStreamClient>;
  stop(): Promise<void>;
}

interface Access {
  database: pg.ClientConfig;
  nats: { servers: string[]; user: string; pass: string };
}

/** Connects at each question: the server may have been killed since the last. */
export function openAdministration({ database, nats }: Access): Administration {
  let connection: NatsConnection | undefined;
  // After two refused logins a connection is closed permanently.
  const connected = async () => {
    if (!connection || connection.isClosed())
      connection = await connect({
        ...nats,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
        pingInterval: 1_000,
        maxPingOut: 2,
      });
    return connection;
  };
  return {
    async query<Row>(statement: string, values: unknown[] = []) {
      const client = new pg.Client({ ...database, connectionTimeoutMillis: 15_000, query_timeout: 120_000 });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return (await client.query(statement, values)).rows as Row[];
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    streams: async () => jetstreamManager(await connected(), { checkAPI: false }),
    publisher: async () => jetstream(await connected()),
    async stop() {
      await connection?.close();
    },
  };
}
