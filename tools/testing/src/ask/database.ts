import type { Postgres, ServiceName } from '@agora/local-stack';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { currentStack } from '../stack.js';

let pool: pg.Pool | undefined;

/** Runs a statement as the administrator of this worker's database, or of another; tables are named with their schema. */
export async function query<Row extends pg.QueryResultRow>(
  text: string,
  values: unknown[] = [],
  database?: string,
): Promise<Row[]> {
  const { postgres, worker } = currentStack();
  // Another database may be dropped soon, which no connection must prevent.
  if (database !== undefined) return queryOn(postgres, text, values, database);
  pool ??= new pg.Pool({ ...postgres, database: worker.database, allowExitOnIdle: true }).on(
    'error',
    () => undefined,
  );
  return (await pool.query<Row>(text, values)).rows;
}

/** Runs a statement on a test's own server, as its administrator. */
export async function queryOn<Row extends pg.QueryResultRow>(
  { host, port, user, password }: Pick<Postgres, 'host' | 'port' | 'user' | 'password'>,
  text: string,
  values: unknown[] = [],
  database = 'agora',
): Promise<Row[]> {
  const client = new pg.Client({ host, port, user, password, database });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Runs `work` while a transaction holds what a statement locks. */
export async function whileLocked<Result>(
  statement: string,
  values: unknown[],
  work: () => Promise<Result>,
): Promise<Result> {
  const client = await connect();
  try {
    await client.query('BEGIN');
    await client.query(statement, values);
    return await work();
  } finally {
    await client.end();
  }
}

/** Runs `work` between a statement and the commit of its transaction. */
export async function beforeCommit(
  statement: string,
  values: unknown[],
  work: () => Promise<void>,
): Promise<void> {
  const client = await connect();
  try {
    await client.query('BEGIN');
    await client.query(statement, values);
    await work();
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

/** Waits until a service's process waits for a lock in a statement that contains `text`. */
export const untilLocked = (service: ServiceName, text: string): Promise<void> =>
  eventually(async () => {
    const waiting = await query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = $1 AND wait_event_type = 'Lock' AND query LIKE $2`,
      [`${service}_app`, `%${text}%`],
    );
    if (waiting.length === 0) throw new Error(`no statement of ${service} with ${text} waits for a lock`);
  });

/** A connection with the rights of a service's processes, to this worker's database. */
export async function connectAs(service: ServiceName): Promise<pg.Client> {
  const { postgres, databasePasswords, worker } = currentStack();
  const client = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    database: worker.database,
    user: `${service}_app`,
    password: databasePasswords[service].app,
  });
  await client.connect();
  return client;
}

async function connect(): Promise<pg.Client> {
  const { postgres, worker } = currentStack();
  const client = new pg.Client({ ...postgres, database: worker.database });
  await client.connect();
  return client;
}
