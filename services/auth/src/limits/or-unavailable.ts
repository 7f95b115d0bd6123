import { unavailable } from '@agora/http';
import type { Logger } from '@agora/process';

/** What is not counted is not let through: whatever goes wrong with the counters is a 503. */
export async function orUnavailable<Result>(counting: Promise<Result>, logger: Logger): Promise<Result> {
  try {
    return await counting;
  } catch (error) {
    logger.error({ error }, 'attempts could not be counted');
    throw unavailable('The accounts are temporarily unavailable. Try again shortly.');
  }
}
