import { every, type Logger, type Stoppable } from '@agora/chassis';
import { QueryTypes, type Sequelize } from 'sequelize';

const everyMilliseconds = 60_000;
const batchSize = 1_000;

/** Deletes, once a minute and in bounded batches, the counters that count no more. */
export const startDeletingExpiredCounters = (database: Sequelize, logger: Logger): Stoppable =>
  every('deleting expired counters', everyMilliseconds, () => deleteExpiredCounters(database), { logger });

/** Deletes all counters that have expired. */
export async function deleteExpiredCounters(database: Sequelize): Promise<void> {
  let deleted: number;
  do {
    // What another replica deletes, or a login counts anew, is not waited for.
    deleted = await database.query(
      `DELETE FROM rate_limits WHERE key IN
         (SELECT key FROM rate_limits WHERE expire < $now LIMIT ${batchSize} FOR UPDATE SKIP LOCKED)`,
      { bind: { now: Date.now() }, type: QueryTypes.BULKDELETE },
    );
  } while (deleted === batchSize);
}
