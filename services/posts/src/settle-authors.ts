import { delay, loop, type Logger, type Stoppable } from '@agora/process';
import { Author } from './models/author.js';
import type { FindUsers } from './users.js';

const batchSize = 500;
const restMilliseconds = 30_000;
/** Events tell that an address has changed, not to which: that is asked for within so long. */
const refreshMilliseconds = 500;

/**
 * Asks auth for what is missing of authors, and forgets the addresses that nobody may see: at the start, then every 30 s, in bounded
 * batches; any number of replicas may. Names come by event, so this is for rows that an older release wrote, and for `PUBLIC_EMAILS`:
 * with it, twice a second, for the addresses that have changed.
 */
export const startSettlingAuthors = (
  findUsers: FindUsers,
  publicEmails: boolean,
  logger: Logger,
): Stoppable =>
  loop(
    'settling authors',
    async ({ signal, progressed }) => {
      await settleAuthors(findUsers, publicEmails);
      progressed();
      const restEnds = performance.now() + restMilliseconds;
      if (!publicEmails) return delay(restMilliseconds, signal);
      while (!signal.aborted && performance.now() < restEnds) {
        await delay(refreshMilliseconds, signal);
        await askFor(await Author.withOutdatedEmail(batchSize), findUsers);
        progressed();
      }
    },
    { logger, isVital: false, maxBackoffMilliseconds: restMilliseconds },
  );

async function settleAuthors(findUsers: FindUsers, publicEmails: boolean): Promise<void> {
  while ((await Author.forgetEmails(publicEmails, batchSize)) === batchSize);
  for (let after: number | undefined = 0; after !== undefined;) {
    const ids = await Author.unsettledAfter(after, publicEmails, batchSize);
    await askFor(ids, findUsers);
    after = ids.length === batchSize ? ids.at(-1) : undefined;
  }
}

/** Those whom auth does not know were deleted: their event comes. */
async function askFor(ids: readonly number[], findUsers: FindUsers): Promise<void> {
  if (ids.length > 0) await Author.learn([...(await findUsers(ids)).values()]);
}
