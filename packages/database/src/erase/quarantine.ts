import type { QueryInterface, Transaction } from 'sequelize';
import { defineStatement, defineStatementFamily, sql, type Statement } from '../statements/sql.js';

/** How long rows are kept there. */
export const quarantineDays = 30;

/** Creates the quarantine, rows that an operator has set aside, in a service's schema; for its migrations. */
export async function createQuarantineTable(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query(
    `CREATE TABLE quarantine (
       id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT quarantine_pkey PRIMARY KEY,
       run uuid NOT NULL,
       source text NOT NULL,
       subject text NOT NULL,
       reason text NOT NULL,
       content jsonb NOT NULL,
       moved_at timestamptz NOT NULL DEFAULT now()
     );
     CREATE INDEX quarantine_run_idx ON quarantine (run, source, id);
     CREATE INDEX quarantine_subject_idx ON quarantine (subject, source, id);
     CREATE INDEX quarantine_moved_at_idx ON quarantine (moved_at);
     COMMENT ON TABLE quarantine IS 'Rows that an audit would have erased; kept ${quarantineDays} days, so that they can be restored';`,
    { transaction },
  );
}

/** Reverts `createQuarantineTable`. */
export async function dropQuarantineTable(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query('DROP TABLE quarantine', { transaction });
}

/** Under what rows are set aside: all of one command have one `run`. */
export interface SetAside {
  run: string;
  /** Whom or what they belong to, such as `user 7`. */
  subject: string;
  reason: string;
}

/** The run of rows that were set aside because what they belong to was, in another service; they come back with it. */
export const followingRun = '00000000-0000-0000-0000-000000000000';

/** A statement that deletes rows and keeps them in the quarantine; `deletion` has `$1` and `$2`, `returning` says what it returns of them. */
export const defineMove = (name: string, source: string, deletion: string, returning: string): Statement =>
  defineStatement(
    name,
    `WITH gone AS (${deletion} RETURNING *), kept AS (
       INSERT INTO quarantine (run, source, subject, reason, content)
       SELECT $3::uuid, '${source}', $4, $5, to_jsonb(gone) FROM gone)
     SELECT ${returning} FROM gone`,
  );

/** Runs a statement of `defineMove`. */
export const moveRows = <Row extends object>(
  statement: Statement,
  [key, limit]: [number, number],
  { run, subject, reason }: SetAside,
  transaction: Transaction,
): Promise<Row[]> =>
  sql<Row & Record<string, unknown>>(statement, [key, limit, run, subject, reason], transaction);

const keepCopy = defineStatement(
  'quarantine-keep-copy',
  'INSERT INTO quarantine (run, source, subject, reason, content) VALUES ($1, $2, $3, $4, $5)',
);

/** Keeps a row that is changed, not deleted. */
export const keepInQuarantine = async (
  source: string,
  content: object,
  { run, subject, reason }: SetAside,
  transaction: Transaction,
): Promise<void> =>
  void (await sql(keepCopy, [run, source, subject, reason, JSON.stringify(content)], transaction));

/** Rows that were set aside together. */
export interface QuarantinedRun {
  run: string;
  subject: string;
  reason: string;
  moved_at: string;
  rows: number;
}

const list = defineStatement(
  'quarantine-list',
  `SELECT run, subject, min(reason) AS reason, min(moved_at) AS moved_at, count(*)::int AS rows
   FROM quarantine GROUP BY run, subject ORDER BY min(moved_at), subject LIMIT 1000`,
);
const count = defineStatement(
  'quarantine-count-of-run',
  'SELECT source, count(*)::int AS rows FROM quarantine WHERE run = $1 GROUP BY source',
);
const purge = defineStatement(
  'quarantine-purge',
  `DELETE FROM quarantine WHERE id = ANY(ARRAY(
     SELECT id FROM quarantine WHERE moved_at < now() - $1 * interval '1 day' ORDER BY moved_at LIMIT $2)) RETURNING id`,
);

/** What is there, by run and by whose it is; the oldest first, 1,000 at most. */
export const listQuarantine = (): Promise<QuarantinedRun[]> =>
  sql<QuarantinedRun & Record<string, unknown>>(list);

/** How many rows of each table one run has set aside. */
export const countQuarantined = async (run: string): Promise<Map<string, number>> =>
  new Map(
    (await sql<{ source: string; rows: number }>(count, [run])).map(({ source, rows }) => [source, rows]),
  );

/** Deletes up to `limit` rows that were set aside more than `days` ago; returns how many. */
export const purgeQuarantine = async (days: number, limit: number): Promise<number> =>
  (await sql(purge, [days, limit])).length;

/** A row of the quarantine. */
export interface QuarantinedRow {
  id: string;
  content: Record<string, unknown>;
}

const holdRun = defineStatement(
  'quarantine-hold-run',
  `SELECT id, content FROM quarantine WHERE run = $1 AND source = $2 AND id > $3 ORDER BY id LIMIT $4 FOR UPDATE`,
);
const holdSubject = defineStatement(
  'quarantine-hold-subject',
  `SELECT id, content FROM quarantine WHERE subject = $1 AND source = $2 AND run = '${followingRun}' ORDER BY id LIMIT $3 FOR UPDATE`,
);
const forget = defineStatement('quarantine-forget', 'DELETE FROM quarantine WHERE id = ANY($1::bigint[])');

/** Up to `limit` rows of a run after the row `after`, locked until the transaction ends. */
export const holdRowsOfRun = (
  run: string,
  source: string,
  after: string,
  limit: number,
  transaction: Transaction,
): Promise<QuarantinedRow[]> =>
  sql<QuarantinedRow & Record<string, unknown>>(holdRun, [run, source, after, limit], transaction);

/** Up to `limit` rows that were set aside with something in another service. */
export const holdRowsOfSubject = (
  subject: string,
  source: string,
  limit: number,
  transaction: Transaction,
): Promise<QuarantinedRow[]> =>
  sql<QuarantinedRow & Record<string, unknown>>(holdSubject, [subject, source, limit], transaction);

/** Deletes rows from the quarantine that have been restored. */
export const forgetQuarantined = async (ids: readonly string[], transaction: Transaction): Promise<void> =>
  void (await sql(forget, [ids], transaction));

const columns = defineStatement(
  'quarantine-columns',
  `SELECT attname AS name FROM pg_attribute
   WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
);
const insertInto = defineStatementFamily('quarantine-insert');

/** Restores rows to their table, except those that conflict with existing rows. Returns the restored rows. */
export async function putBack<Row extends object>(
  table: string,
  rows: readonly object[],
  transaction: Transaction,
): Promise<Row[]> {
  const names = (await sql<{ name: string }>(columns, [table], transaction))
    .map(({ name }) => `"${name}"`)
    .join(', ');
  const statement = insertInto(
    `INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE
     SELECT ${names} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb) ON CONFLICT DO NOTHING RETURNING *`,
  );
  return sql<Row & Record<string, unknown>>(statement, [JSON.stringify(rows)], transaction);
}
