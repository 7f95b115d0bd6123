import { setImmediate as endOfTurn } from 'node:timers/promises';
import pg from 'pg';
import type { Transaction } from 'sequelize';
import { openDatabase } from '../connect/connect.js';
import { leavesConnectionUseless } from '../connect/errors.js';
import type { PooledConnection } from '../connect/pool-client.js';
import { readThere, sourceKey } from '../replica/read-from-replica.js';
import { retryingConflicts } from './transaction.js';

/** A statement, created by `defineStatement`. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Whether each connection parses it once, and may plan it once for all values. */
  readonly isPrepared: boolean;
}

const defined = new Map<string, Statement>();

/** The statements of all loaded modules, by name. The text of a family varies, so it is empty here. */
export const definedStatements = (): ReadonlyMap<string, Statement> => defined;

/**
 * Names a statement for `sql`. Names are unique in a process; the test that explains all statements on large data finds them by it.
 * `prepared` is for statements that run often and whose best plan does not depend on their values.
 */
export function defineStatement(
  name: string,
  text: string,
  { prepared: isPrepared = false }: { prepared?: boolean } = {},
): Statement {
  return register({ name, text, isPrepared });
}

/** Names statements whose text depends on the request. A text with a `form` is one of a few that run often, and is prepared. */
export function defineStatementFamily(name: string): (text: string, form?: string) => Statement {
  register({ name, text: '', isPrepared: true });
  return (text, form) => ({ name: form ? `${name}-${form}` : name, text, isPrepared: form !== undefined });
}

function register(statement: Statement): Statement {
  const { name } = statement;
  if (defined.has(name)) throw new Error(`two statements are named "${name}"; give one another name`);
  defined.set(name, statement);
  return statement;
}

/**
 * Runs a statement in `transaction`, or in a transaction of its own, and resolves to its rows. Without `transaction` it is retried after a deadlock
 * or serialization failure as in `inTransaction`, a read is retried once after a broken connection, and a read within `readFromReplica` may
 * go to the replica. Times come as RFC 3339 text in UTC, in milliseconds. Throws when the process has no database or the transaction
 * has ended; otherwise rejects with pg's own error.
 */
export async function sql<Row extends pg.QueryResultRow = pg.QueryResultRow>(
  statement: Statement,
  values: unknown[] = [],
  transaction?: Transaction,
): Promise<Row[]> {
  if (transaction) return run<Row>(connectionOf(transaction), statement, values);
  return retryingConflicts(() => onPooledConnection<Row>(statement, values));
}

/** Thrown when nobody waits for the rows any more; the statement was not sent. */
export class NobodyWaits extends Error {
  override readonly name = 'NobodyWaits';
}

async function onPooledConnection<Row extends pg.QueryResultRow>(
  statement: Statement,
  values: unknown[],
  isWanted: () => boolean = () => true,
): Promise<Row[]> {
  const isRead = /^\s*SELECT\b/i.test(statement.text);
  const fromReplica =
    isRead &&
    (await readThere(async (client) => (isWanted() ? run<Row>(client, statement, values) : undefined)));
  if (fromReplica) return fromReplica;
  const attempt = async () => {
    const { connectionManager } = openDatabase();
    const connection = (await connectionManager.getConnection({
      // Sequelize's types say "read", which its code does not know.
      type: (isRead ? 'SELECT' : 'write') as 'read' | 'write',
      useMaster: !isRead,
    })) as PooledConnection;
    try {
      // The wait for a connection can be longer than clients wait.
      if (!isWanted()) throw new NobodyWaits('nobody waits for these rows any more');
      return await run<Row>(connection, statement, values);
    } finally {
      connectionManager.releaseConnection(connection);
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (!isRead || !leavesConnectionUseless(error)) throw error;
    return attempt();
  }
}

interface SharedRead {
  rows: Promise<pg.QueryResultRow[]>;
  /** One function for each caller: whether it still waits. */
  callers: (() => boolean)[];
}

/** Reads that wait for the end of the turn in which they were asked for. */
const shared = new Map<string, SharedRead>();

/**
 * Like `sql`, for reads that many callers ask for at once: the same statement with the same values runs once for all callers
 * in one turn of the event loop. They share its rows, so these must not be changed. When no caller wants the rows any more
 * by the time a connection is free, nothing is read and a `NobodyWaits` is thrown.
 */
export function sharedSql<Row extends pg.QueryResultRow>(
  statement: Statement,
  values: unknown[],
  isWanted: () => boolean = () => true,
): Promise<Row[]> {
  // JSON contains no line break, so different reads have different keys.
  const key = `${sourceKey()}\n${statement.text}\n${JSON.stringify(values)}`;
  const same = shared.get(key);
  if (same) {
    same.callers.push(isWanted);
    return same.rows as Promise<Row[]>;
  }
  const callers = [isWanted];
  const rows = endOfTurn().then(() => {
    // A later caller might have written something since.
    shared.delete(key);
    return retryingConflicts(() =>
      onPooledConnection<Row>(statement, values, () => callers.some((wants) => wants())),
    );
  });
  shared.set(key, { rows, callers });
  return rows;
}

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
  connection: pg.ClientBase & Pick<PooledConnection, '_invalid'>,
  { name, text, isPrepared }: Statement,
  values: unknown[],
): Promise<Row[]> {
  try {
    return (await connection.query<Row>({ ...(isPrepared && { name }), text, values, types })).rows;
  } catch (error) {
    // A late answer would be taken for the answer to the next statement.
    if (isLost(error)) connection._invalid = true;
    throw error;
  }
}

const isLost = (error: unknown): boolean =>
  leavesConnectionUseless(error) || (error instanceof Error && error.message === 'Query read timeout');

/** PostgreSQL writes `2026-01-02 03:04:05.67+00`, because Sequelize sets the time zone of each connection to UTC. Creating a Date would cost more than the rest of the row. */
const timeOf = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, '0').slice(0, 3)}Z`;

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, timeOf);
