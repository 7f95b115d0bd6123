import { QueryTypes, type Sequelize } from 'sequelize';

const atOnce = 100_000;

/**
 * Has a table give ids past `highest` from now on. A service's role may take numbers from its sequence and not set it, so it
 * takes them: a million in about a second, and none when it is past already.
 */
export async function goOnAfter(highest: number, table: string, database: Sequelize): Promise<void> {
  for (let last = 0, count = 1; last < highest; count = Math.min(highest - last, atOnce)) {
    const [taken] = await database.query<{ last: number }>(
      `SELECT max(nextval(pg_get_serial_sequence($1, 'id')))::int AS last FROM generate_series(1, $2)`,
      { bind: [table, count], type: QueryTypes.SELECT },
    );
    last = taken?.last ?? highest;
  }
}
