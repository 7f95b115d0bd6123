import { createHash } from 'node:crypto';
import {
  closeSync,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Secrets } from '../stack/secrets.js';
import { StackError } from '../machine/stack-error.js';
import { services, type ServiceName } from '../stack/topology.js';
import {
  manifestFile,
  type Manifest,
  type SavedFile,
  type SavedSchema,
  type SavedTable,
} from './manifest.js';
import {
  appliedMigrations,
  hasMigrations,
  connectAsAdministrator,
  listed,
  listTables,
  qualified,
  readSequences,
  type Table,
} from './tables.js';

export interface BackupOptions {
  /** The administrator of the database. */
  connection: pg.ClientConfig;
  /** Those that open what the database holds encrypted. */
  secrets: Secrets;
  /** Where it is written; it must not exist, or be empty. */
  directory: string;
  /** Told of each table that is written. */
  wrote?(table: string, rows: number): void;
}

/**
 * Writes all that the services keep, as of one moment and while they serve, into a new folder. It gets its name when all is written and
 * on disk: what is interrupted, or meets a full disk, leaves nothing that looks like a backup. Throws a StackError when there is something.
 */
export async function takeBackup(options: BackupOptions): Promise<Manifest> {
  const { directory } = options;
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new StackError(`${directory} is there already and not empty; name a new folder for the backup.`);
  const draft = `${directory}.incomplete-${process.pid}`;
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  try {
    const manifest = await writeAll(options, draft);
    writeWhole(join(draft, manifestFile), JSON.stringify(manifest, null, 2));
    syncFolder(draft);
    renameSync(draft, directory);
    syncFolder(dirname(directory));
    return manifest;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

async function writeAll(options: BackupOptions, draft: string): Promise<Manifest> {
  const client = await connectAsAdministrator(options.connection);
  try {
    // One snapshot for all schemas: an event of one service is applied in the other, or still in an outbox.
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<{ now: Date; version: string }>(
      "SELECT now(), current_setting('server_version') AS version",
    );
    const schemas: [ServiceName, SavedSchema][] = [];
    for (const service of services)
      schemas.push([service, await writeSchema(client, service, draft, options)]);
    await client.query('COMMIT');
    return {
      format: 1,
      taken_at: rows[0]?.now.toISOString() ?? '',
      postgres: rows[0]?.version ?? '',
      schemas: Object.fromEntries(schemas) as Manifest['schemas'],
      secrets: writeSecrets(options, draft),
    };
  } finally {
    await client.end();
  }
}

async function writeSchema(
  client: pg.Client,
  schema: ServiceName,
  draft: string,
  { wrote }: BackupOptions,
): Promise<SavedSchema> {
  if (!(await hasMigrations(client, schema)))
    throw new StackError(
      `The schema ${schema} is empty: there is nothing to save before Agora has run once.`,
    );
  mkdirSync(join(draft, schema), { mode: 0o700 });
  const tables: Record<string, SavedTable> = {};
  for (const table of await listTables(client, schema)) {
    const saved = await writeTable(client, schema, table, draft);
    tables[table.name] = saved;
    wrote?.(`${schema}.${table.name}`, saved.rows);
  }
  // Sequences know no snapshot: read last, they are past every row that was written.
  const sequences = await readSequences(client, schema);
  return { migrations: await appliedMigrations(client, schema), tables, sequences };
}

async function writeTable(
  client: pg.Client,
  schema: ServiceName,
  { name, columns }: Table,
  draft: string,
): Promise<SavedTable> {
  const file = join(schema, `${name}.copy.gz`);
  // Of a table that has partitions only what is selected can be copied.
  const rows = client.query(
    copyTo(`COPY (SELECT ${listed(columns)} FROM ${qualified(schema, name)}) TO STDOUT`),
  );
  const digest = digesting();
  const path = join(draft, file);
  await pipeline(
    rows,
    createGzip({ level: 1 }),
    digest.stream,
    createWriteStream(path, { mode: 0o600, flush: true }),
  );
  return { file, ...digest.result(), rows: rows.rowCount, columns };
}

function writeSecrets({ secrets }: BackupOptions, draft: string): SavedFile {
  // Secrets of servers and their roles are generated again where the backup is restored.
  const ofServers = new Set(['postgres', 'database', 'nats', 'internal']);
  const kept = Object.entries(secrets).filter(([name]) => !ofServers.has(name));
  const text = JSON.stringify(Object.fromEntries(kept), null, 2);
  writeWhole(join(draft, 'secrets.json'), text);
  return {
    file: 'secrets.json',
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  };
}

/** Passes bytes on, and knows in the end how many there were and their SHA-256. */
function digesting() {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

const writeWhole = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600, flush: true });

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
