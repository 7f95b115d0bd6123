import pg from 'pg';
import { currentStack } from './stack.js';

/** Runs a statement as the administrator of this worker's database, or of another; tables are named with their schema. */
export async function query<Row extends pg.QueryResultRow>(
  text: string,
  values: unknown[] = [],
  database = currentStack().worker.database,
): Promise<Row[]> {
  const { postgres } = currentStack();
  const client = new pg.Client({ ...postgres, database });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
