import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { StackError } from '../machine/stack-error.js';
import type { ServiceName } from '../stack/topology.js';
import type { Manifest, SavedSchema } from './manifest.js';
import {
  appliedMigrations,
  connectAsAdministrator,
  listed,
  listTables,
  qualified,
  readSequences,
} from './tables.js';

export interface RestoreOptions {
  /** The administrator of the database, whose schemas are migrated. */
  connection: pg.ClientConfig;
  directory: string;
  manifest: Manifest;
  /** Which schemas are brought back; the others stay as they are. */
  schemas: readonly ServiceName[];
  /** Told of each table that is read. */
  read?(table: string, rows: number): void;
}

/** What a restore does to a table. */
export interface TableChange {
  table: string;
  /** How many rows are there now, and go. */
  now: number;
  /** How many come back. */
  then: number;
}

/** The gap between a sequence's highest known number and the first one after a restore: numbers given since the backup are unknown. */
const margin = 100_000;

/** What a restore would do, table by table. */
export async function planRestore(options: RestoreOptions): Promise<TableChange[]> {
  return withClient(options, async (client) => {
    const changes: TableChange[] = [];
    for (const schema of options.schemas) {
      const saved = options.manifest.schemas[schema].tables;
      const present = new Set((await listTables(client, schema)).map(({ name }) => name));
      for (const name of new Set([...present, ...Object.keys(saved)])) {
        const now = present.has(name) ? await countRows(client, qualified(schema, name)) : 0;
        changes.push({ table: `${schema}.${name}`, now, then: saved[name]?.rows ?? 0 });
      }
    }
    return changes;
  });
}

async function countRows(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`);
  return rows[0]?.rows ?? 0;
}

/**
 * Replaces what the schemas hold by what a backup holds that was checked, in one transaction: all of it or nothing. Sequences go on
 * past all that the backup and the database know of. Signing keys do not come back: all access tokens end, so that none of an account or a
 * session that the backup does not know is of use.
 */
export async function restoreBackup(options: RestoreOptions): Promise<void> {
  await withClient(options, async (client) => {
    const given = new Map<ServiceName, Record<string, number>>();
    for (const schema of options.schemas) given.set(schema, await readSequences(client, schema));
    await client.query('BEGIN');
    // References would else be checked row by row, in an order that they do not come in.
    await client.query("SET LOCAL session_replication_role = 'replica'");
    for (const schema of options.schemas) await restoreSchema(client, schema, options);
    if (options.schemas.includes('auth')) await client.query('DELETE FROM auth.signing_keys');
    await client.query('COMMIT');
    for (const schema of options.schemas)
      await moveSequences(
        client,
        schema,
        options.manifest.schemas[schema].sequences,
        given.get(schema) ?? {},
      );
    await client.query('ANALYZE');
  });
}

async function withClient<Result>(
  { connection }: RestoreOptions,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connectAsAdministrator(connection);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function restoreSchema(client: pg.Client, schema: ServiceName, options: RestoreOptions): Promise<void> {
  const { directory, manifest, read } = options;
  const saved = manifest.schemas[schema];
  await requireSameTables(client, schema, saved);
  const tables = Object.entries(saved.tables);
  await client.query(`TRUNCATE ${tables.map(([name]) => qualified(schema, name)).join(', ')}`);
  for (const [name, { file, columns, rows }] of tables) {
    const into = client.query(copyFrom(`COPY ${qualified(schema, name)} (${listed(columns)}) FROM STDIN`));
    await pipeline(createReadStream(join(directory, file)), createGunzip(), into);
    if (into.rowCount !== rows)
      throw new StackError(
        `${schema}.${name} got ${into.rowCount} rows, and the backup has ${rows}; nothing was changed.`,
      );
    read?.(`${schema}.${name}`, rows);
  }
}

async function requireSameTables(client: pg.Client, schema: ServiceName, saved: SavedSchema): Promise<void> {
  const applied = await appliedMigrations(client, schema);
  const tables = (await listTables(client, schema)).map(({ name }) => name);
  if (
    JSON.stringify([applied, tables]) !==
    JSON.stringify([saved.migrations, Object.keys(saved.tables).toSorted()])
  )
    throw new StackError(
      `The schema ${schema} has other tables than the backup; run the migrations (npm run migrate -- up), and try again.`,
    );
}

async function moveSequences(
  client: pg.Client,
  schema: ServiceName,
  saved: Record<string, number>,
  given: Record<string, number>,
): Promise<void> {
  for (const [name, last] of Object.entries(saved)) {
    const highest = Math.max(last, given[name] ?? 0);
    await client.query('SELECT setval($1::regclass, $2)', [qualified(schema, name), highest + margin]);
  }
}
