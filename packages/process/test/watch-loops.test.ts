import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, delay, loop, type Stoppable, type Turn } from '@agora/process';
import { watchLoops } from '../src/watch-loops.js';

const logger = createLogger('test', 'silent');
const patience = 300;

const parts: Stoppable[] = [];
afterEach(() => stop());

interface Options {
  answers?: () => Promise<boolean>;
  isVital?: boolean;
}

/** Watches one loop. */
function watch(
  work: (turn: Turn) => Promise<void>,
  { answers = async () => true, isVital = true }: Options = {},
) {
  const watching = watchLoops(logger, answers, patience);
  parts.push(watching, loop('work', work, { logger, isVital }));
  return watching;
}

const stop = async () => {
  for (const part of parts.splice(0).toReversed()) await part.stop();
};

/** Whether a process with one loop is good after twice its patience. */
async function isGoodWith(...given: Parameters<typeof watch>): Promise<boolean> {
  const watching = watch(...given);
  await delay(2 * patience);
  return watching.isGood();
}

const hang = ({ signal }: Turn) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
const fail = () => Promise.reject(new Error('it always fails'));
const getOn = async (turn: Turn) => {
  while (!turn.signal.aborted) {
    turn.progressed();
    await delay(20, turn.signal);
  }
};

describe('a process', () => {
  it.each([hang, fail])(
    'is bad when the loop that it needs does not get on, though all that works answers: %p',
    async (work) => {
      const watching = watch(work);
      while (watching.isGood()) await delay(patience / 10);
      expect(watching.isGood()).toBe(false);
    },
  );

  it('is healthy while its loop makes progress', async () => {
    expect(await isGoodWith(getOn)).toBe(true);
  });

  it('is healthy when a loop stalls because the database or NATS gives no answer', async () => {
    expect(await isGoodWith(fail, { answers: async () => false })).toBe(true);
    await stop();
    expect(await isGoodWith(fail, { answers: () => new Promise(() => undefined) })).toBe(true);
  });

  it('is healthy when a loop stalls that is not vital', async () => {
    expect(await isGoodWith(hang, { isVital: false })).toBe(true);
  });
});
