import { every, type Logger, type Stoppable } from '@agora/process';
import { deleteOldFailedMails } from './models/mail.js';
import { deleteExpiredMailTokens } from './models/mail-token.js';
import { deleteOldDevices } from './models/seen-device.js';

const intervalMilliseconds = 3_600_000;
const batchSize = 1_000;

/** Deletes what is kept of people for a time alone (docs/privacy.md), every hour and in bounded batches; any number of replicas may. */
export const startForgettingOldData = (logger: Logger): Stoppable =>
  every('forgetting old data', intervalMilliseconds, () => forgetOldData(), { logger });

/** Deletes one batch of each kind; resolves to `more` when there may be more. */
export async function forgetOldData(): Promise<void | 'more'> {
  const deletions = [deleteExpiredMailTokens, deleteOldDevices, deleteOldFailedMails];
  const deleted = await Promise.all(deletions.map((each) => each(batchSize)));
  return deleted.includes(batchSize) ? 'more' : undefined;
}
