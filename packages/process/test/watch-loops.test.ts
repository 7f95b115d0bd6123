import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, delay, loop, type Stoppable, type Turn } from '@agora/process';
import { watchLoops } from '../src/watch-loops.js';

const logger = createLogger('test', 'silent');
const patience = 300;

let parts: Stoppable[] = [];
afterEach(async () => {
  for (const part of parts.toReversed()) await part.stop();
  parts = [];
});

/** Whether a process with one loop is good after twice its patience. */
async function isGoodWith(
  work: (turn: Turn) => Promise<void>,
  {
    answers = async () => true,
    isVital = true,
  }: { answers?: () => Promise<boolean>; isVital?: boolean } = {},
): Promise<boolean> {
  const watching = watchLoops(logger, answers, patience);
  parts = [watching, loop('work', work, { logger, isVital })];
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
  it('is bad when a loop hangs, or fails again and again, though all it needs answers', async () => {
    expect(await isGoodWith(hang)).toBe(false);
    for (const part of parts.splice(0).toReversed()) await part.stop();
    expect(await isGoodWith(fail)).toBe(false);
  });

  it('is good while its loop gets on', async () => {
    expect(await isGoodWith(getOn)).toBe(true);
  });

  it('is not blamed for a loop whose database or NATS gives no answer', async () => {
    expect(await isGoodWith(fail, { answers: async () => false })).toBe(true);
    for (const part of parts.splice(0).toReversed()) await part.stop();
    expect(await isGoodWith(fail, { answers: () => new Promise(() => undefined) })).toBe(true);
  });

  it('is not blamed for a loop that it can do without', async () => {
    expect(await isGoodWith(hang, { isVital: false })).toBe(true);
  });
});
