import { every, type Logger, type Stoppable } from '@agora/process';
import { defineStatement, sql } from '@agora/database';

const everyMilliseconds = 60_000;
const batchSize = 1_000;

// Does not wait for rows that another replica deletes or that a login is counting in.
const deleteExpired = defineStatement(
  'counters-delete-expired',
  `DELETE FROM rate_limits WHERE key = ANY(ARRAY(
     SELECT key FROM rate_limits WHERE expire < $1 ORDER BY expire LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING key`,
);

/** Deletes expired counters, once a minute and in bounded batches. */
export const startDeletingExpiredCounters = (logger: Logger): Stoppable =>
  every('deleting expired counters', everyMilliseconds, deleteExpiredCounters, { logger });

/** Deletes all counters that have expired. */
export async function deleteExpiredCounters(): Promise<void> {
  let deleted: number;
  do {
    deleted = (await sql(deleteExpired, [Date.now(), batchSize])).length;
  } while (deleted === batchSize);
}
