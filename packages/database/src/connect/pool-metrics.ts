import { Gauge } from 'prom-client';
import type { Sequelize } from 'sequelize';

/** What sequelize-pool tells of itself; Sequelize's types hide it. */
interface Pool {
  maxSize: number;
  size: number;
  using: number;
  waiting: number;
}

/** The pools of a database: one for reads, one for transactions and writes. */
const poolsOf = ({ connectionManager }: Sequelize): { read: Pool; write: Pool } =>
  (connectionManager as unknown as { pool: { read: Pool; write: Pool } }).pool;

/** How many statements wait for a connection. */
export function waitingStatements(database: Sequelize): number {
  const { read, write } = poolsOf(database);
  return read.waiting + write.waiting;
}

/** Has `/metrics` tell of the pools of the database that there is at the time; counting them asks nobody. */
export function measurePool(databaseOf: () => Sequelize | undefined): void {
  const gauge = (name: string, help: string, valueOf: (pool: Pool) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['pool'],
      collect() {
        const database = databaseOf();
        if (!database) return this.reset();
        const { read, write } = poolsOf(database);
        this.set({ pool: 'read' }, valueOf(read));
        this.set({ pool: 'write' }, valueOf(write));
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
