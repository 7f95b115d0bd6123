import { every, type Logger, type Stoppable } from '@agora/process';
import { defineStatement, sql } from '@agora/database';

const everyMilliseconds = 60_000;
const batchSize = 1_000;

// What another replica deletes, or a login counts anew, is not waited for.
const deleteExpired = defineStatement(
  'counters-delete-expired',
  `DELETE FROM rate_limits WHERE key = ANY(ARRAY(
     SELECT key FROM rate_limits WHERE expire < $1 ORDER BY expire LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING key`,
);

/** Deletes, once a minute and in bounded batches, the counters that count no more. */
export const startDeletingExpiredCounters = (logger: Logger): Stoppable =>
  every('deleting expired counters', everyMilliseconds, deleteExpiredCounters, { logger });

/** Deletes all counters that have expired. */
export async function deleteExpiredCounters(): Promise<void> {
  let deleted: number;
  do {
    deleted = (await sql(deleteExpired, [Date.now(), batchSize])).length;
  } while (deleted === batchSize);
}
