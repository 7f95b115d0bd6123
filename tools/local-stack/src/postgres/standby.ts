import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startPostgres, type Postgres } from './postgres.js';
import { superuser } from './postgres-cluster.js';
import { postgresUser } from './postgres-user.js';

/** Where a server runs, and the password of its administrator. */
export interface RunningServer {
  host: string;
  port: number;
  password: string;
}

export interface CopyOptions {
  /** Where the copy goes; it must not exist, and its parent must be open to the user that PostgreSQL runs as. */
  dataDirectory: string;
  logFile: string;
  /** Whether what it has acknowledged survives its being killed once it is promoted. */
  durable?: boolean;
  /** The port to listen on; a free one when left out. */
  port?: number;
}

/** Copies the data folder of a running server of this machine, as pg_basebackup would, which the embedded PostgreSQL lacks. What starts on it has all that was committed before the copy began. */
export async function copyCluster(server: RunningServer, dataDirectory: string): Promise<void> {
  const client = clientOf(server);
  await client.connect();
  try {
    const { rows } = await client.query<{ directory: string }>(
      "SELECT current_setting('data_directory') AS directory",
    );
    const from = rows[0]?.directory ?? '';
    await client.query("SELECT pg_backup_start('copy', true)");
    await copy(from, dataDirectory);
    const stopped = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    rmSync(join(dataDirectory, 'pg_wal'), { recursive: true, force: true });
    await copy(join(from, 'pg_wal'), join(dataDirectory, 'pg_wal'));
    for (const file of ['postmaster.pid', 'postmaster.opts'])
      rmSync(join(dataDirectory, file), { force: true });
    write(join(dataDirectory, 'backup_label'), stopped.rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
}

/** Starts a server that follows another one, asynchronously; it can be read, and it is promoted by `promote`. */
export async function startStandby(
  primary: RunningServer,
  { dataDirectory, logFile, durable = false, port: ownPort }: CopyOptions,
): Promise<Postgres> {
  await copyCluster(primary, dataDirectory);
  const { host, port, password } = primary;
  const way = `host=${host} port=${port} user=${superuser} password=${password} application_name=standby`;
  write(join(dataDirectory, 'standby.signal'), '');
  write(join(dataDirectory, 'postgresql.auto.conf'), `primary_conninfo = '${way}'\n`);
  return startPostgres({ dataDirectory, password, durable, logFile, ...(ownPort && { port: ownPort }) });
}

/** Makes a standby the primary, with whatever it has received; resolves once it can be written to. */
export async function promote(standby: RunningServer): Promise<void> {
  const client = clientOf(standby);
  await client.connect();
  try {
    await client.query('SELECT pg_promote(true, 30)');
  } finally {
    await client.end();
  }
}

const clientOf = ({ host, port, password }: RunningServer) => {
  const client = new pg.Client({ host, port, user: superuser, password, database: 'postgres' });
  client.on('error', () => undefined);
  return client;
};

/** What vanishes while it is copied was dropped, and the log that is replayed says so. */
async function copy(from: string, to: string): Promise<void> {
  mkdirSync(to, { mode: 0o700 });
  const user = postgresUser();
  if (user) chownSync(to, user.uid, user.gid);
  await promisify(execFile)('cp', ['-a', `${from}/.`, to]).catch((error: { stderr?: string }) => {
    const lines = (error.stderr ?? '').trim().split('\n');
    if (!lines.every((line) => line.endsWith('No such file or directory'))) throw error;
  });
}

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  const user = postgresUser();
  if (user) chownSync(path, user.uid, user.gid);
}
