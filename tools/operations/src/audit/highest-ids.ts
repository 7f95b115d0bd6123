import { askService, type Handler, type InternalAddress } from '@agora/http';
import { integerParameter, readQuery } from '@agora/http/reads';
import { delay, loop, type Logger, type Stoppable } from '@agora/process';
import type { NewIds } from '@agora/database';

const highestId = 2_147_483_647;
const everyMilliseconds = 10_000;

/**
 * `GET /internal/…/highest?seen=31`: the highest id that anybody named, after the one who asks has said which one they saw. So an owner
 * whose database has lost the newest rows hears of them from those who still keep them.
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

/** Tells an owner at once, and then every ten seconds, which of its ids is the highest that is kept here. */
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
