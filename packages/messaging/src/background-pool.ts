import pg from 'pg';

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
    // Its few statements are the same whatever they are given, and would else be planned anew for every batch.
    options: '-c plan_cache_mode=force_generic_plan',
  });
  // Without listeners, a connection that breaks ends the process; the next statement reports it anyway.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
