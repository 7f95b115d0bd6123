import { EventEmitter } from 'node:events';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Context } from 'koa';
import { takeTurns } from '../../src/limits/take-turns.js';

/** Work that goes on until the test ends it. */
function piece(log: string[], name: string) {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  const res = new EventEmitter();
  return {
    end,
    leave: () => res.emit('close'),
    ctx: { res } as unknown as Context,
    work: async () => {
      log.push(name);
      await promise;
    },
  };
}

it('limits how much of one caller is worked on at once, in order, and serves others meanwhile', async () => {
  const log: string[] = [];
  const turns = takeTurns({ inWork: 10, waiting: 10 });
  const heavy = piece(log, 'heavy');
  const light = piece(log, 'light');
  const next = piece(log, 'next');
  const other = piece(log, 'other');
  const done = [
    turns.take(heavy.ctx, 'greedy', 8, heavy.work),
    turns.take(light.ctx, 'greedy', 2, light.work),
    turns.take(next.ctx, 'greedy', 3, next.work),
    turns.take(other.ctx, 'ordinary', 3, other.work),
  ];
  expect(log).toEqual(['heavy', 'light', 'other']);
  light.end();
  await turnOfEventLoop();
  expect(log).not.toContain('next');
  heavy.end();
  await turnOfEventLoop();
  expect(log).toEqual(['heavy', 'light', 'other', 'next']);
  next.end();
  other.end();
  await Promise.all(done);
});

it('runs work that weighs more than the bound alone', async () => {
  const log: string[] = [];
  const turns = takeTurns({ inWork: 10, waiting: 10 });
  const huge = piece(log, 'huge');
  huge.end();
  await turns.take(huge.ctx, 'caller', 50, huge.work);
  expect(log).toEqual(['huge']);
});

it('skips the work of a client that disconnected while waiting', async () => {
  const log: string[] = [];
  const turns = takeTurns({ inWork: 1, waiting: 10 });
  const first = piece(log, 'first');
  const second = piece(log, 'second');
  const third = piece(log, 'third');
  const takes = [first, second, third].map((each) => turns.take(each.ctx, 'caller', 1, each.work));
  const left = takes[1]?.catch((error: unknown) => error);
  second.leave();
  first.end();
  third.end();
  expect((await Promise.all([takes[0], left, takes[2]]))[1]).toMatchObject({ status: 499 });
  expect(log).toEqual(['first', 'third']);
});

it('refuses work when too much of one caller is waiting', async () => {
  const turns = takeTurns({ inWork: 1, waiting: 1 });
  const first = piece([], 'a');
  const second = piece([], 'b');
  const third = piece([], 'c');
  const other = piece([], 'd');
  const takes = [first, second].map((each) => turns.take(each.ctx, 'caller', 1, each.work));
  await expect(turns.take(third.ctx, 'caller', 1, third.work)).rejects.toMatchObject({
    status: 429,
    code: 'rate_limited',
  });
  for (const each of [first, second, other]) each.end();
  await Promise.all([...takes, turns.take(other.ctx, 'other', 1, other.work)]);
});
