import { every, type Logger, type Stoppable } from '@agora/process';
import { deleteExpiredAnswers } from './models/idempotency-key.js';

const everyMilliseconds = 600_000;
const batchSize = 1_000;

/** Deletes the answers that are no longer kept, every ten minutes and in bounded batches; any number of replicas may do so at once. */
export const startPurgingIdempotencyKeys = (logger: Logger): Stoppable =>
  every('deleting old idempotency keys', everyMilliseconds, purgeIdempotencyKeys, { logger });

/** Deletes all of them. */
export async function purgeIdempotencyKeys(): Promise<void> {
  let deleted: number;
  do {
    deleted = await deleteExpiredAnswers(batchSize);
  } while (deleted === batchSize);
}
