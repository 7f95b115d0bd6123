import { ConnectionAcquireTimeoutError, ConnectionError, DatabaseError } from 'sequelize';
import { stateOfError } from './sql-state.js';

/** The SQLSTATE of a failed statement, whether Sequelize or pg ran it, if the error carries one. */
export const sqlState = (error: unknown): string | undefined => stateOfError(causeOf(error));

/** What pg itself threw. */
const causeOf = (error: unknown): unknown => (error instanceof DatabaseError ? error.parent : error);

// 08 connection, 40 deadlock or serialization failure (after the retries), 53 too many connections, 57 shutting down or cancelled by a timeout,
// 25006 a read-only standby, 55P03 lock timeout, 26000 and 0A000 (below) a prepared statement that no longer works, 42P01 and 42703 a table or
// column that is missing: the schema is still, or again, that of another release.
const unavailableStates = /^(08...|26000|40001|40P01|53...|57...|25006|25P03|55P03|42P01|42703)$/;
const brokenConnection =
  /Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|ECONN|EPIPE/;

/** Whether a statement failed because the database cannot serve now (down, failing over, overloaded), so that a retry later may succeed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof ConnectionAcquireTimeoutError) return true;
  const state = sqlState(error);
  if (state !== undefined) return unavailableStates.test(state) || isStalePlan(error);
  return error instanceof Error && brokenConnection.test(error.message);
}

// 08 connection, 57P0x the server ends the connection, 25P03 likewise, 25006 it no longer accepts writes, 26000 it has lost a prepared statement.
const uselessStates = /^(08...|57P0.|25P03|25006|26000)$/;
const lostConnection = /Connection terminated|Client has encountered a connection error|ECONNRESET|EPIPE/;

/** Whether the connection that an error came from would fail again where a new one would not. */
export function leavesConnectionUseless(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return uselessStates.test(state) || isStalePlan(error);
  return error instanceof Error && lostConnection.test(error.message);
}

/** A statement that was prepared before a migration changed the columns it returns. Its code, 0A000, also stands for other things that are not supported. */
function isStalePlan(error: unknown): boolean {
  const cause = causeOf(error);
  return (
    sqlState(cause) === '0A000' && cause instanceof Error && /cached plan must not change/.test(cause.message)
  );
}

/** Whether the server refused a statement before it had any effect, and would take it on another connection or in another moment: also a write may be run again. */
export const wasRefused = (error: unknown): boolean =>
  /^(40001|40P01|25006|26000)$/.test(sqlState(error) ?? '') || isStalePlan(error);

/** Whether a table has given all the ids that it may give: its sequence has reached the last. */
const areIdsUsedUp = (error: unknown): boolean => sqlState(error) === '2200H';

/** What to tell a client whose request failed because the database is away or a table has no more ids, and may succeed later; undefined for every other error. `what` names what the service keeps. */
export function whyUnavailable(error: unknown, what: string): string | undefined {
  if (areIdsUsedUp(error)) return `No more ${what} can be created: all ids are in use.`;
  return isDatabaseUnavailable(error)
    ? `The ${what} are temporarily unavailable. Try again shortly.`
    : undefined;
}
