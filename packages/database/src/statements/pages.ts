import type { Model, ModelStatic, Transaction, WhereOptions } from 'sequelize';
import { defineStatement, defineStatementFamily, sql } from './sql.js';

const values = defineStatementFamily('values-after');

/** The next values of a whole-number attribute past `after`, each once, in order. It takes an index that begins with the attribute, and one look into it for each value, however many rows have it. */
export async function valuesAfter<Row extends Model>(
  model: ModelStatic<Row>,
  attribute: keyof Row & string,
  after: number,
  limit: number,
): Promise<number[]> {
  const column = model.getAttributes()[attribute].field;
  const rows = await sql<{ value: number }>(values(valuesAfterText(model.tableName, column)), [after, limit]);
  return rows.map(({ value }) => value);
}

/** The statement for them, whose values are `after` and how many. */
export const valuesAfterText = (table: string, column = 'id'): string => `
  WITH RECURSIVE next (value) AS (
    (SELECT ${column} FROM ${table} WHERE ${column} > $1 ORDER BY ${column} LIMIT 1)
    UNION ALL
    SELECT (SELECT ${column} FROM ${table} WHERE ${column} > next.value ORDER BY ${column} LIMIT 1) FROM next WHERE next.value IS NOT NULL
  )
  SELECT value FROM next WHERE value IS NOT NULL LIMIT $2`;

/** Rows by their ids; in a transaction they are locked until it ends. */
export async function findByIds<Row extends Model & { id: number }>(
  model: ModelStatic<Row>,
  ids: readonly number[],
  transaction?: Transaction,
): Promise<Map<number, Row>> {
  const rows = await model.findAll({
    where: { id: [...ids] } as WhereOptions,
    ...(transaction && { transaction, lock: transaction.LOCK.UPDATE }),
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The highest id of a table; 0 when it is empty. */
export async function highestId<Row extends Model & { id: number }>(
  model: ModelStatic<Row>,
): Promise<number> {
  return (await model.max<number | null, Row>('id')) ?? 0;
}

const estimate = defineStatement(
  'estimate-rows',
  'SELECT reltuples::float8 AS rows FROM pg_class WHERE oid = $1::regclass',
);
const countRowsOf = defineStatementFamily('count-rows');
/** Up to this number rows are counted; beyond it an estimate, which takes no time, is good enough. */
const mostCounted = 10_000;

/** How many rows a table has, about. */
export async function approximateRows(table: string): Promise<number> {
  const [estimated] = await sql<{ rows: number }>(estimate, [table]);
  if (estimated && estimated.rows > mostCounted) return Math.round(estimated.rows);
  const [counted] = await sql<{ rows: number }>(countRowsOf(`SELECT count(*)::int AS rows FROM ${table}`));
  return counted?.rows ?? 0;
}
