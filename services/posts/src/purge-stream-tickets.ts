import { every, type Logger, type Stoppable } from '@agora/process';
import { deleteExpiredTickets } from './models/stream-ticket.js';

const everyMilliseconds = 60_000;
const batchSize = 1_000;

/** Deletes tickets that nobody used, every minute and in bounded batches; any number of replicas may. */
export const startPurgingStreamTickets = (logger: Logger): Stoppable =>
  every(
    'deleting unused stream tickets',
    everyMilliseconds,
    async () => ((await deleteExpiredTickets(batchSize)) === batchSize ? 'more' : undefined),
    { logger },
  );
