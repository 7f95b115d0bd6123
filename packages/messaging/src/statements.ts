import type pg from 'pg';
import type { Sequelize, Transaction } from 'sequelize';
// Otherwise all of Sequelize would be loaded in processes that have no database, above all the gateway.
import QueryTypes from 'sequelize/lib/query-types';

/** A statement of messaging, created by `defineStatement`. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Whether each connection parses it once. */
  readonly isPrepared: boolean;
}

const defined = new Map<string, Statement>();

/** All statements of the modules that are loaded, by name, for the test that explains them on large data. */
export const definedStatements = (): ReadonlyMap<string, Statement> => defined;

/** Names a statement: messaging runs no others. Names are unique. */
export function defineStatement(
  name: string,
  text: string,
  { prepared: isPrepared = false }: { prepared?: boolean } = {},
): Statement {
  if (defined.has(name)) throw new Error(`two statements are named "${name}"; give one another name`);
  const statement = { name, text, isPrepared };
  defined.set(name, statement);
  return statement;
}

/** Runs a statement, in `transaction` when there is one; resolves to the rows that it returns. */
export async function queryRows<Row extends object>(
  database: Sequelize,
  { name, text, isPrepared }: Statement,
  bind: unknown[] = [],
  transaction: Transaction | null = null,
): Promise<Row[]> {
  // Sequelize prepares nothing: the connection has it parsed and planned once, not for every batch.
  if (transaction && isPrepared) {
    const connection = connectionOf(transaction);
    try {
      return (await connection.query<Row & pg.QueryResultRow>({ name, text, values: bind })).rows;
    } catch (error) {
      // As Sequelize does with its own: what was not answered in time may still be.
      if (error instanceof Error && error.message === 'Query read timeout') connection._invalid = true;
      throw error;
    }
  }
  // All are read as if they returned rows; statements that write take a connection for writing.
  return database.query<Row>(text, {
    bind,
    type: QueryTypes.SELECT,
    transaction,
    useMaster: !/^\s*SELECT\b/i.test(text),
  });
}

/** A connection that is invalid goes back to no pool. */
type PooledConnection = pg.ClientBase & { _invalid?: boolean };

/** Sequelize's types hide both. */
function connectionOf(transaction: Transaction): PooledConnection {
  const { connection, finished } = transaction as Transaction & {
    connection: PooledConnection;
    finished?: string;
  };
  if (finished) throw new Error(`the transaction has ended (${finished})`);
  return connection;
}

/** The same on the connections of what works in the background. */
export const queryPool = <Row extends object>(
  pool: pg.Pool,
  { name, text, isPrepared }: Statement,
  values: unknown[] = [],
): Promise<pg.QueryResult<Row & pg.QueryResultRow>> =>
  pool.query<Row & pg.QueryResultRow>({ ...(isPrepared && { name }), text, values });
