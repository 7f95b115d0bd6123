import { askService, type Handler, type InternalAddress } from '@agora/http';
import { integerParameter, readQuery } from '@agora/http/reads';
import { delay, loop, type Logger, type Stoppable } from '@agora/process';
import type { NewIds } from '@agora/database';

const highestId = 2_147_483_647;
const everyMilliseconds = 10_000;

/**
 * `GET /internal/…/highest?seen=31`: the highest id that any service has named, including the one that the caller has just named. So an owner
 * whose database has lost its newest rows learns of their ids from the services that still keep them.
 */
export const showHighestId =
  (ids: NewIds): Handler =>
  (ctx) => {
    const { seen } = readQuery<{ seen: number }>(ctx, {
      seen: integerParameter({ min: 0, max: highestId, fallback: 0 }),
    });
    ids.saw(seen);
    ctx.body = { highest: ids.highest() };
  };

/** Reports to an owner, at once and then every ten seconds, the highest of its ids that this service keeps. */
export const startTellingHighestId = (
  owner: InternalAddress,
  path: string,
  readHighest: () => Promise<number>,
  logger: Logger,
): Stoppable =>
  loop(
    `telling ${owner.origin} the highest id that is kept here`,
    async ({ signal, progressed }) => {
      while (!signal.aborted) {
        await askService(owner, `${path}?seen=${await readHighest()}`);
        progressed();
        await delay(everyMilliseconds, signal);
      }
    },
    { logger, isVital: false },
  );
