import { ConnectionAcquireTimeoutError, ConnectionError, DatabaseError } from 'sequelize';

/** The five-character SQLSTATE of a failed statement, if the error carries one; system codes such as EPIPE look alike, but no class begins with an E. */
export function sqlState(error: unknown): string | undefined {
  const cause: unknown = error instanceof DatabaseError ? error.parent : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' && /^[0-9FHPX][0-9A-Z]{4}$/.test(cause.code) ? cause.code : undefined;
}

// 08 connection, 40 deadlock or serialization failure (after the retries), 53 too many connections, 57 shutting down or cancelled by a timeout, 25006 a read-only standby, 55P03 lock timeout.
const unavailableStates = /^(08...|40001|40P01|53...|57...|25006|25P03|55P03)$/;
const brokenConnection =
  /Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|ECONN|EPIPE/;

/** Whether a statement failed because the database cannot serve now (down, failing over, overloaded), so that a retry later may succeed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof ConnectionAcquireTimeoutError) return true;
  const state = sqlState(error);
  if (state !== undefined) return unavailableStates.test(state);
  return error instanceof Error && brokenConnection.test(error.message);
}
