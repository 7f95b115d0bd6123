import { defineStatement, sql } from './sql.js';

const clock = defineStatement('database-time', 'SELECT now()');

/** The time by the clock of PostgreSQL, which all processes share, in milliseconds. */
export async function databaseTime(): Promise<number> {
  const [row] = await sql<{ now: string }>(clock);
  return row ? Date.parse(row.now) : Date.now();
}
