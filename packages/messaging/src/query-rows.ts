import type { Sequelize, Transaction } from 'sequelize';
// All of Sequelize would else be loaded in processes that have no database, above all the gateway.
import QueryTypes from 'sequelize/lib/query-types';

/** Runs a statement, in `transaction` when there is one; resolves to the rows that it returns. */
export const queryRows = <Row extends object>(
  database: Sequelize,
  statement: string,
  bind: unknown[] = [],
  transaction: Transaction | null = null,
): Promise<Row[]> =>
  // All of them return rows; those that write take a connection for writing.
  database.query<Row>(statement, {
    bind,
    type: QueryTypes.SELECT,
    transaction,
    useMaster: !/^\s*SELECT\b/i.test(statement),
  });
