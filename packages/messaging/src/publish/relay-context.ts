import type { Publisher } from '@agora/contracts';
import { within } from '@agora/process';
import pg from 'pg';
import type { Broker, JetStream } from '../nats/broker.js';
import type { Logger } from '../logger.js';
import { fence, type Lease } from '../leases.js';
import { defineStatement, queryPool, type Statement } from '../statements.js';

/** What the parts of an active relay work with. */
export interface RelayContext {
  database: pg.Pool;
  broker: Broker;
  /** What is published: this partition of the outbox, to its stream. */
  publisher: Publisher;
  partition: number;
  stream: string;
  lease: Lease;
  logger: Logger;
}

/** How long NATS may take to answer, or to be reached again, before another replica may try. */
export const answerMilliseconds = 2_000;

/** What speaks with JetStream now. Rejects when there has been no connection for a while. */
export async function jetStreamOf({ broker }: RelayContext): Promise<JetStream> {
  const jetStream = await within(answerMilliseconds, broker.jetStream());
  if (!jetStream) throw new Error('cannot connect to NATS');
  return jetStream;
}

/** Names a statement for `runFenced`: parts of a `WITH` that change nothing unless `EXISTS (SELECT FROM held)`, with the given number of parameters of their own. */
export const defineFenced = (name: string, parameters: number, changes: string): Statement =>
  defineStatement(
    name,
    `WITH ${fence(`$${parameters + 1}`, `$${parameters + 2}`)}, ${changes} SELECT EXISTS (SELECT FROM held) AS is_held`,
    { prepared: true },
  );

/** Runs a statement of `defineFenced`; throws once the lease is another's, and nothing is changed then. */
export async function runFenced(
  { database, lease }: RelayContext,
  statement: Statement,
  values: unknown[],
): Promise<void> {
  const all = [...values, lease.name, lease.token];
  const { rows } = await queryPool<{ is_held: boolean }>(database, statement, all);
  if (!rows[0]?.is_held) throw new Error(`the lease "${lease.name}" was taken by another replica`);
}

/** Connections beside the pool of the requests: work in the background must not wait behind them, nor they behind it. */
export function openBackgroundPool(connection: pg.ClientConfig, max: number): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    max,
    keepAlive: true,
    idleTimeoutMillis: 10_000,
    // A connection to what was the primary once is not kept for ever.
    maxLifetimeSeconds: 300,
    query_timeout: 5_000,
    statement_timeout: 4_000,
    lock_timeout: 1_000,
    idle_in_transaction_session_timeout: 10_000,
    // The plans of the relay's few statements do not depend on their values, but PostgreSQL would plan them again for every batch.
    options: '-c plan_cache_mode=force_generic_plan',
  });
  // Without listeners, a connection that breaks ends the process; the next statement reports it anyway.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
