import { Gauge } from 'prom-client';
import type { Sequelize } from 'sequelize';

/** What sequelize-pool tells of itself; Sequelize's types hide it. */
interface Pool {
  maxSize: number;
  size: number;
  using: number;
  waiting: number;
}

/** Has `/metrics` tell of the pool of the database that there is at the time; counting it asks nobody. */
export function measurePool(database: () => Sequelize | undefined): void {
  const poolOf = () => (database()?.connectionManager as { pool?: Pool } | undefined)?.pool;
  const gauge = (name: string, help: string, valueOf: (pool: Pool) => number) =>
    new Gauge({
      name,
      help,
      collect() {
        const pool = poolOf();
        if (pool) this.set(valueOf(pool));
        else this.remove();
      },
    });
  gauge(
    'database_pool_max',
    'Connections that the pool may open (DATABASE_POOL_MAX)',
    (pool) => pool.maxSize,
  );
  gauge('database_pool_open', 'Connections that are open', (pool) => pool.size);
  gauge('database_pool_in_use', 'Connections that are in use', (pool) => pool.using);
  gauge('database_pool_waiting', 'Requests that wait for a connection', (pool) => pool.waiting);
}
