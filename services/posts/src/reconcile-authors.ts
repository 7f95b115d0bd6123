import { delay, loop, type Logger, type Stoppable } from '@agora/process';
import { Author } from './models/author.js';
import type { FindUsers } from './users.js';

const batchSize = 500;
const restMilliseconds = 30_000;
/** Events say that an address has changed but not the new one: it is fetched within this time. */
const refreshMilliseconds = 500;

/**
 * Asks auth for what is missing of authors, and forgets the addresses that nobody may see: at the start, then every 30 s, in bounded
 * batches; any number of replicas may. Names come by event, so this is for rows that an older release wrote, and for `PUBLIC_EMAILS`:
 * with it, until all have one, for missing addresses, and twice a second for addresses that have changed.
 */
export function startReconcilingAuthors(
  findUsers: FindUsers,
  publicEmails: boolean,
  logger: Logger,
): Stoppable {
  let lacksEmails = publicEmails;
  return loop(
    'reconciling authors',
    async ({ signal, progressed }) => {
      while ((await Author.forgetEmails(publicEmails, batchSize)) === batchSize) progressed();
      await askForNames(findUsers);
      lacksEmails &&= await askForEmails(findUsers, signal);
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
}

async function askForNames(findUsers: FindUsers): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined;) {
    const ids = await Author.unnamedAfter(after, batchSize);
    await askFor(ids, findUsers);
    after = ids.length === batchSize ? ids.at(-1) : undefined;
  }
}

/** Walks over all authors. Returns whether it must be repeated: auth may not show addresses yet. */
async function askForEmails(findUsers: FindUsers, signal: AbortSignal): Promise<boolean> {
  let asked = 0;
  for (let after: number | undefined = 0; after !== undefined;) {
    if (signal.aborted) return true;
    const { ids, last } = await Author.withoutEmailAfter(after, batchSize);
    await askFor(ids, findUsers);
    asked += ids.length;
    after = last;
  }
  return asked > 0;
}

/** Those whom auth does not know were deleted: their event comes. */
async function askFor(ids: readonly number[], findUsers: FindUsers): Promise<void> {
  if (ids.length > 0) await Author.upsertKnown([...(await findUsers(ids)).values()]);
}
