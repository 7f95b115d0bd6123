import { every, type Logger, type Stoppable } from '@agora/process';
import { purgeQuarantine, quarantineDays } from '@agora/database';

const everyMilliseconds = 600_000;
const batchSize = 1_000;

/** Deletes what was set aside longer ago than it is kept, in bounded batches; any number of replicas may. */
export const startPurgingQuarantine = (logger: Logger): Stoppable =>
  every(
    'purging the quarantine',
    everyMilliseconds,
    async () => ((await purgeQuarantine(quarantineDays, batchSize)) === batchSize ? 'more' : undefined),
    { logger },
  );
