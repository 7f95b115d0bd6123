import { Gauge } from 'prom-client';
import type { Sequelize } from 'sequelize';
import { replicaPool } from '../replica/read-from-replica.js';

/** The statistics of sequelize-pool, which Sequelize's types hide. */
interface Pool {
  maxSize: number;
  size: number;
  using: number;
  waiting: number;
}

/** The pools of a database: one for reads, one for transactions and writes, and one to the replica if there is one. */
function poolsOf(database: Sequelize): Map<string, Pool> {
  const replica = replicaPool();
  return new Map(Object.entries({ ...ownPoolsOf(database), ...(replica && { replica }) }));
}

const ownPoolsOf = ({ connectionManager }: Sequelize): { read: Pool; write: Pool } => {
  const { read, write } = (connectionManager as unknown as { pool: { read: Pool; write: Pool } }).pool;
  return { read, write };
};

/** How many statements wait for a connection. */
export function waitingStatements(database: Sequelize): number {
  // Asked for with every request.
  const { read, write } = ownPoolsOf(database);
  return read.waiting + write.waiting + (replicaPool()?.waiting ?? 0);
}

/** Exports metrics of the current database's connection pools; they are counted without a query. */
export function measurePool(databaseOf: () => Sequelize | undefined): void {
  const gauge = (name: string, help: string, valueOf: (pool: Pool) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['pool'],
      collect() {
        const database = databaseOf();
        if (!database) return this.reset();
        for (const [pool, its] of poolsOf(database)) this.set({ pool }, valueOf(its));
      },
    });
  gauge(
    'database_pool_max',
    'Connections that a pool may open (half of DATABASE_POOL_MAX)',
    (pool) => pool.maxSize,
  );
  gauge('database_pool_open', 'Connections that are open', (pool) => pool.size);
  gauge('database_pool_in_use', 'Connections that are in use', (pool) => pool.using);
  gauge('database_pool_waiting', 'Statements that wait for a connection', (pool) => pool.waiting);
}
