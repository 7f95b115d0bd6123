import pg from 'pg';
import type { ServiceName } from '../stack/topology.js';

/** A table and those of its columns that are not computed of others. */
export interface Table {
  name: string;
  columns: string[];
}

/** Connects as the administrator; reads and writes all schemas, and takes as long as it takes. */
export async function connectAsAdministrator(settings: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...settings, application_name: 'agora-backup', keepAlive: true });
  // Without a listener, a connection that breaks while idle ends the process; the next query reports it anyway.
  client.on('error', () => undefined);
  await client.connect();
  await client.query("SET statement_timeout = 0; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'");
  return client;
}

/** The tables of a schema, by name; one that is partitioned is one. */
export async function listTables(client: pg.Client, schema: ServiceName): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `SELECT relname AS name, array_agg(attname::text ORDER BY attnum) AS columns
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     GROUP BY relname ORDER BY relname`,
    [schema],
  );
  return rows;
}

/** The last number that each sequence of a schema gave; 0 when it has given none. */
export async function readSequences(client: pg.Client, schema: ServiceName): Promise<Record<string, number>> {
  const { rows } = await client.query<{ name: string; last: string }>(
    'SELECT sequencename AS name, coalesce(last_value, 0) AS last FROM pg_sequences WHERE schemaname = $1 ORDER BY 1',
    [schema],
  );
  return Object.fromEntries(rows.map(({ name, last }) => [name, Number(last)]));
}

/** Whether the schema was migrated at all. */
export async function hasMigrations(client: pg.Client, schema: ServiceName): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    `${schema}.migrations`,
  ]);
  return rows[0]?.there ?? false;
}

/** The migrations that were applied to a schema, in their order. */
export async function appliedMigrations(client: pg.Client, schema: ServiceName): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM ${schema}.migrations ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}

/** A table as SQL names it. */
export const qualified = (schema: string, table: string): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;

/** Columns as SQL lists them. */
export const listed = (columns: readonly string[]): string =>
  columns.map((column) => pg.escapeIdentifier(column)).join(', ');
