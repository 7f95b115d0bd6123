import type { Logger, Stoppable } from '@agora/chassis';
import { IdempotencyKey } from './models/idempotency-key.js';

const everyMilliseconds = 600_000;
const batchSize = 1_000;

/** Deletes the answers that are no longer kept, every ten minutes and in bounded batches; any number of replicas may. */
export function startPurgingIdempotencyKeys(logger: Logger): Stoppable {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = purgeIdempotencyKeys().catch((error: unknown) =>
      logger.warn({ error }, 'old idempotency keys were not deleted'),
    );
  }, everyMilliseconds);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/** Deletes all of them. */
export async function purgeIdempotencyKeys(): Promise<void> {
  let deleted: number;
  do {
    deleted = await IdempotencyKey.deleteExpired(batchSize);
  } while (deleted === batchSize);
}
