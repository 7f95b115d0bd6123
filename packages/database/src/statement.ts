import { setImmediate as endOfTurn } from 'node:timers/promises';
import pg from 'pg';
import type { Transaction } from 'sequelize';
import { openDatabase, retryingConflicts } from './connect.js';

/** A statement that runs often: each connection parses it once, and plans it anew only where that pays. */
export interface Statement {
  /** Belongs to this text alone in the whole process; without one, the text is parsed each time. */
  name?: string | undefined;
  text: string;
}

/**
 * The rows of a statement, by the names of its columns, without the cost of models; in `transaction`, or in one of its own, in which a
 * deadlock or serialization failure runs it again as in `inTransaction`. Times come as RFC 3339 text in UTC, in milliseconds. Rejects with the error of pg itself.
 */
export async function runStatement<Row extends pg.QueryResultRow>(
  statement: Statement,
  values: unknown[],
  transaction?: Transaction,
): Promise<Row[]> {
  if (transaction) return run<Row>(connectionOf(transaction), statement, values);
  const { connectionManager } = openDatabase();
  return retryingConflicts(async () => {
    const connection = (await connectionManager.getConnection({ type: 'write' })) as PooledConnection;
    try {
      return await run<Row>(connection, statement, values);
    } finally {
      connectionManager.releaseConnection(connection);
    }
  });
}

/** Those that wait for the end of the turn in which they were asked for. */
const shared = new Map<string, Promise<pg.QueryResultRow[]>>();

/**
 * As `runStatement`, for what only reads and is asked for by many at once: the same statement with the same values runs once for all
 * who ask in one turn of the event loop. They share its rows, which must stay as they are.
 */
export function runSharedStatement<Row extends pg.QueryResultRow>(
  statement: Statement,
  values: unknown[],
): Promise<Row[]> {
  const key = JSON.stringify([statement.name ?? statement.text, values]);
  const same = shared.get(key);
  if (same) return same as Promise<Row[]>;
  const rows = endOfTurn().then(() => {
    // Who asks from now on might have written something since.
    shared.delete(key);
    return runStatement<Row>(statement, values);
  });
  shared.set(key, rows);
  return rows;
}

/** A connection of Sequelize's pool, which hands out no other that is `_invalid`. */
type PooledConnection = pg.Client & { _invalid?: boolean };

/** Sequelize's types hide both. */
function connectionOf(transaction: Transaction): PooledConnection {
  const { connection, finished } = transaction as Transaction & {
    connection: PooledConnection;
    finished?: string;
  };
  if (finished) throw new Error(`the transaction has ended (${finished})`);
  return connection;
}

async function run<Row extends pg.QueryResultRow>(
  connection: PooledConnection,
  { name, text }: Statement,
  values: unknown[],
): Promise<Row[]> {
  try {
    return (await connection.query<Row>({ ...(name && { name }), text, values, types })).rows;
  } catch (error) {
    // What was not answered in time may be answered yet, to whoever asks next.
    if (isBroken(error)) connection._invalid = true;
    throw error;
  }
}

/** Postgres writes `2026-01-02 03:04:05.67+00`, as Sequelize sets the time zone of each connection to UTC. A Date made of it costs more than the row does. */
const timeOf = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, '0').slice(0, 3)}Z`;

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, timeOf);

const isBroken = (error: unknown): boolean =>
  error instanceof Error &&
  (error.message === 'Query read timeout' || ('code' in error && error.code === 'ECONNRESET'));
