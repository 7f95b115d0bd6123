import Joi from 'joi';
import pg from 'pg';
import { Sequelize, type ModelCtor } from 'sequelize-typescript';
import { QueryTypes, type Transaction } from 'sequelize';
import { sqlState } from './errors.js';
import { hooksFor, passwordOf, type PasswordSettings } from './password.js';
import { PoolClient } from './pool-client.js';
import { measurePool } from './pool-metrics.js';
import { tlsOptions, tlsSettings, type TlsSettings } from './tls.js';

/** The settings that a process with a database reads, by their environment names. */
export const databaseSettings = {
  DATABASE_HOST: Joi.string().default('localhost'),
  DATABASE_PORT: Joi.number().port().default(5432),
  DATABASE_NAME: Joi.string().default('agora'),
  DATABASE_USER: Joi.string().required(),
  DATABASE_AUTH: Joi.string().valid('password', 'iam').default('password'),
  DATABASE_PASSWORD: Joi.string().when('DATABASE_AUTH', { not: 'iam', then: Joi.required() }),
  DATABASE_POOL_MAX: Joi.number().integer().min(2).max(100).default(10),
  // A token goes to the server as it is; RDS refuses it without TLS.
  DATABASE_SSL_CA: tlsSettings.DATABASE_SSL_CA.when('DATABASE_AUTH', { is: 'iam', then: Joi.required() }),
};

/** Where a database is and who connects to it. */
export interface DatabaseSettings extends TlsSettings, PasswordSettings {
  DATABASE_NAME: string;
  DATABASE_POOL_MAX: number;
}

/** A connection outside the pool, in the form that pg takes. */
export const connectionOf = (
  settings: Omit<DatabaseSettings, 'DATABASE_POOL_MAX'>,
  applicationName: string,
) => ({
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

/** Opens the process's one connection pool and binds `models` to it; connects on first use, so a database that is down does not fail here. */
export function connectDatabase(
  settings: DatabaseSettings,
  applicationName: string,
  models: ModelCtor[],
): Sequelize {
  database = new Sequelize({
    dialect: 'postgres',
    dialectModule: { ...pg, Client: PoolClient },
    host: settings.DATABASE_HOST,
    port: settings.DATABASE_PORT,
    database: settings.DATABASE_NAME,
    username: settings.DATABASE_USER,
    ...(settings.DATABASE_PASSWORD && { password: settings.DATABASE_PASSWORD }),
    ...hooksFor(settings),
    models,
    logging: false,
    define: { timestamps: false, underscored: true },
    pool: { max: settings.DATABASE_POOL_MAX, min: 0, acquire: 4_000, idle: 30_000 },
    dialectOptions: {
      ...tlsOptions(settings),
      application_name: applicationName,
      keepAlive: true,
      connectionTimeoutMillis: 2_000,
      // A server that hangs instead of answering would otherwise hold the request, and the connection, for ever.
      query_timeout: 5_000,
      statement_timeout: 3_000,
      lock_timeout: 1_000,
      idle_in_transaction_session_timeout: 10_000,
    },
  });
  return database;
}

const retriedStates = new Set(['40001', '40P01']);

/** The database of this process. Throws before `connectDatabase`. */
export function openDatabase(): Sequelize {
  if (!database) throw new Error('connectDatabase has not been called');
  return database;
}

/**
 * Runs `work` in one transaction of the process's database: committed when it resolves, rolled back when it rejects.
 * A deadlock or serialization failure runs it again, three times in all, so `work` must have no effect outside it.
 */
export const inTransaction = <Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> =>
  retryingConflicts(() => openDatabase().transaction(work));

/** Runs what is atomic, and again when it met a deadlock or a serialization failure, three times in all. */
export async function retryingConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3 || !retriedStates.has(sqlState(error) ?? '')) throw error;
    }
  }
}

/** How many statements wait for a connection of the pool. */
export const waitingStatements = ({ connectionManager }: Sequelize): number =>
  // Sequelize's types do not show its pool.
  (connectionManager as unknown as { pool: { waiting: number } }).pool.waiting;

/** Whether the database answers a query within its timeouts. */
export async function databaseAnswers(connection: Sequelize): Promise<boolean> {
  try {
    await connection.query('SELECT 1', { type: QueryTypes.SELECT });
    return true;
  } catch {
    return false;
  }
}
