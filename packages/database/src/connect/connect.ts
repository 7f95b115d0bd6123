import Joi from 'joi';
import pg from 'pg';
import { Sequelize, type ModelCtor } from 'sequelize-typescript';
import { QueryTypes } from 'sequelize';
import { leavesConnectionUseless } from './errors.js';
import { hooksFor, passwordOf, type PasswordSettings } from './password.js';
import { poolClients } from './pool-client.js';
import { measurePool } from './pool-metrics.js';
import { tlsOptions, tlsSettings, type TlsSettings } from './tls.js';
import { openReplica, type Replica, type ReplicaSettings } from '../replica/replica.js';
import { useReplica } from '../replica/read-from-replica.js';

/** The settings that a process with a database reads, by their environment names. */
export const databaseSettings = {
  DATABASE_HOST: Joi.string().default('localhost'),
  DATABASE_PORT: Joi.number().port().default(5432),
  DATABASE_NAME: Joi.string().default('agora'),
  DATABASE_USER: Joi.string().required(),
  DATABASE_AUTH: Joi.string().valid('password', 'iam').default('password'),
  DATABASE_PASSWORD: Joi.string().when('DATABASE_AUTH', { not: 'iam', then: Joi.required() }),
  DATABASE_POOL_MAX: Joi.number().integer().min(2).max(100).default(10),
  DATABASE_CONNECTION_MAX_AGE_SECONDS: Joi.number().integer().min(1).max(86_400).default(300),
  // A token is sent in clear text; RDS refuses it without TLS.
  DATABASE_SSL_CA: tlsSettings.DATABASE_SSL_CA.when('DATABASE_AUTH', { is: 'iam', then: Joi.required() }),
};

/** Where a database is and who connects to it. */
export interface DatabaseSettings extends TlsSettings, PasswordSettings, ReplicaSettings {
  DATABASE_NAME: string;
  DATABASE_POOL_MAX: number;
  DATABASE_CONNECTION_MAX_AGE_SECONDS?: number;
}

/** What it takes to connect without a pool. */
export type ServerSettings = Omit<
  DatabaseSettings,
  'DATABASE_POOL_MAX' | 'DATABASE_CONNECTION_MAX_AGE_SECONDS'
>;

/** A connection outside the pool, in the form that pg takes. */
export const connectionOf = (settings: ServerSettings, applicationName: string) => ({
  host: settings.DATABASE_HOST,
  port: settings.DATABASE_PORT,
  database: settings.DATABASE_NAME,
  user: settings.DATABASE_USER,
  password: passwordOf(settings),
  connectionTimeoutMillis: 2_000,
  keepAlive: true,
  application_name: applicationName,
  ...tlsOptions(settings),
});

let database: Sequelize | undefined;
measurePool(() => database);

/** Sequelize whose reads are retried once after a broken connection, like those of `sql`. */
class Database extends Sequelize {
  override query = (async (...given: Parameters<Sequelize['query']>): Promise<unknown> => {
    try {
      return await super.query(...given);
    } catch (error) {
      const [text, options] = given;
      const isRead = typeof text === 'string' && /^\s*SELECT\b/i.test(text) && !options?.transaction;
      if (!isRead || !leavesConnectionUseless(error)) throw error;
      return super.query(...given);
    }
  }) as Sequelize['query'];

  replica: Replica | undefined;

  override async close(): Promise<void> {
    await Promise.all([super.close(), this.replica?.close()]);
  }
}

/** Longer than any statement of a request needs, shorter than a client waits. */
const usualStatementMilliseconds = 3_000;

/** Opens the process's connections and binds `models` to them; connects on first use, so a database that is down does not fail here. `statementMilliseconds` is for commands whose statements take longer than those of requests. */
export function connectDatabase(
  settings: DatabaseSettings,
  applicationName: string,
  models: ModelCtor[],
  statementMilliseconds: number = usualStatementMilliseconds,
): Sequelize {
  const maxMilliseconds = (settings.DATABASE_CONNECTION_MAX_AGE_SECONDS ?? 300) * 1_000;
  const opened = new Database({
    dialect: 'postgres',
    dialectModule: { ...pg, Client: poolClients(maxMilliseconds) },
    host: settings.DATABASE_HOST,
    port: settings.DATABASE_PORT,
    database: settings.DATABASE_NAME,
    username: settings.DATABASE_USER,
    ...(settings.DATABASE_PASSWORD && { password: settings.DATABASE_PASSWORD }),
    ...hooksFor(settings),
    models,
    logging: false,
    define: { timestamps: false, underscored: true },
    // One pool for reads and one for the rest, of the same server: transactions that wait for each other's rows leave the reads theirs.
    replication: { read: [{}], write: {} },
    pool: { max: Math.floor(settings.DATABASE_POOL_MAX / 2), min: 0, acquire: 4_000, idle: 30_000 },
    dialectOptions: {
      ...tlsOptions(settings),
      application_name: applicationName,
      keepAlive: true,
      connectionTimeoutMillis: 2_000,
      // A server that hangs instead of answering would otherwise hold the request, and the connection, for ever.
      query_timeout: statementMilliseconds + 2_000,
      statement_timeout: statementMilliseconds,
      lock_timeout: 1_000,
      idle_in_transaction_session_timeout: 10_000,
    },
  });
  opened.replica = replicaOf(settings, applicationName, opened);
  useReplica(opened.replica);
  database = opened;
  return opened;
}

function replicaOf(
  settings: DatabaseSettings,
  applicationName: string,
  primary: Sequelize,
): Replica | undefined {
  const { DATABASE_REPLICA_HOST: host, DATABASE_REPLICA_PORT: port = settings.DATABASE_PORT } = settings;
  if (!host) return undefined;
  const connection = {
    ...connectionOf({ ...settings, DATABASE_HOST: host, DATABASE_PORT: port }, applicationName),
    max: Math.floor(settings.DATABASE_POOL_MAX / 2),
    maxLifetimeSeconds: settings.DATABASE_CONNECTION_MAX_AGE_SECONDS ?? 300,
  };
  return openReplica(connection, async () => {
    const [row] = await primary.query<{ position: string }>(
      'SELECT pg_current_wal_insert_lsn()::text AS position',
      { type: QueryTypes.SELECT },
    );
    if (!row) throw new Error('the primary does not say where its log is');
    return row.position;
  });
}

/** The database of this process. Throws before `connectDatabase`. */
export function openDatabase(): Sequelize {
  if (!database) throw new Error('this process has no database: connectDatabase has not been called');
  return database;
}

/** Whether the database takes writes, within its timeouts: a standby that only reads does not. */
export async function databaseAnswers(connection: Sequelize): Promise<boolean> {
  try {
    const [found] = await connection.query<{ takesWrites: boolean }>(
      `SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS "takesWrites"`,
      { type: QueryTypes.SELECT },
    );
    return found?.takesWrites === true;
  } catch {
    return false;
  }
}
