import { Transaction } from 'sequelize';
import { openDatabase } from '../connect/connect.js';
import { wasRefused } from '../connect/errors.js';

/**
 * Runs `work` in one transaction of the process's database: committed when it resolves, rolled back when it rejects.
 * A deadlock or serialization failure, and a connection that turns out to be of no use, run it again, three times in all, so `work` must
 * have no effect outside it.
 */
export const inTransaction = <Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> =>
  retryingConflicts(() => openDatabase().transaction(work));

/** Runs `work`, which only reads, in one transaction whose statements all see the database as of its first. */
export const inSnapshot = <Result>(work: (snapshot: Transaction) => Promise<Result>): Promise<Result> =>
  retryingConflicts(() =>
    openDatabase().transaction(
      { isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ, readOnly: true },
      work,
    ),
  );

/** Runs what is atomic, and again when the server refused it for a reason that passes, three times in all. */
export async function retryingConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3 || !wasRefused(error)) throw error;
    }
  }
}
