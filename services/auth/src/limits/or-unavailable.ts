import { unavailable, type Logger } from '@agora/chassis';

/** What is not counted is not let through: whatever goes wrong with the counters is a 503. */
export async function orUnavailable<Result>(counting: Promise<Result>, logger: Logger): Promise<Result> {
  try {
    return await counting;
  } catch (error) {
    logger.error({ error }, 'attempts could not be counted');
    throw unavailable('The accounts cannot be reached.');
  }
}
