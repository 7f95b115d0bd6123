import pg from 'pg';
import { currentStack } from './stack.js';

/** Runs a statement as the administrator of this worker's database; tables are named with their schema. */
export async function query<Row extends pg.QueryResultRow>(
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = await connect();
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

async function connect(): Promise<pg.Client> {
  const { postgres, worker } = currentStack();
  const client = new pg.Client({ ...postgres, database: worker.database });
  await client.connect();
  return client;
}
