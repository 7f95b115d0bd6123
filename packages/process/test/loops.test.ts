import { getEventListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { every, loop, stalledLoops, untilAborted } from '../src/loops.js';

const logger = { warn: jest.fn<(fields: object, message: string) => void>() };
const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('every', () => {
  it('continues with remaining work at once, and waits when there is none', async () => {
    let left = 3;
    const purging = every('purging', 50, async () => (--left > 0 ? 'more' : undefined), { logger });
    await until(() => left <= 0);
    await purging.stop();
    expect(stalledLoops(0)).toEqual([]);
  });

  it('never runs its work concurrently, and waits for it when it stops', async () => {
    let underway = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++underway);
      await new Promise((resolve) => setTimeout(resolve, 30));
      underway -= 1;
    };
    const working = every('work', 5, work, { logger });
    await until(() => underway === 1);
    await working.stop();
    expect({ most, underway }).toEqual({ most: 1, underway: 0 });
  });
});

describe('loop', () => {
  it('restarts after a failure, and logs a repeated failure once', async () => {
    logger.warn.mockClear();
    let attempts = 0;
    const failing = loop(
      'following',
      async () => {
        attempts += 1;
        throw new Error('away');
      },
      { logger, maxBackoffMilliseconds: 10 },
    );
    await until(() => attempts > 3);
    await failing.stop();
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls[0]?.[1]).toBe('following failed, retrying');
  });

  it('is stalled until it makes progress or is stopped', async () => {
    let progress = () => {};
    const following = loop(
      'following',
      async ({ signal, progressed }) => {
        progress = progressed;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      { logger },
    );
    await until(() => stalledLoops(20).length > 0);
    expect(stalledLoops(20)).toEqual(['following']);
    progress();
    expect(stalledLoops(20)).toEqual([]);
    await following.stop();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stalledLoops(20)).toEqual([]);
  });

  it('leaves no listener on its signal behind, however often its work fails', async () => {
    let attempts = 0;
    let listeners = 0;
    const failing = loop(
      'following',
      async ({ signal }) => {
        attempts += 1;
        await untilAborted(Promise.resolve(), signal);
        listeners = getEventListeners(signal, 'abort').length;
        throw new Error('away');
      },
      { logger, maxBackoffMilliseconds: 5 },
    );
    await until(() => attempts > 10);
    await failing.stop();
    expect(listeners).toBe(0);
  });
});

describe('untilAborted', () => {
  it('rejects when the signal aborts before the promise is settled', async () => {
    const stopped = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), stopped.signal);
    stopped.abort();
    await expect(waiting).rejects.toThrow('stopped');
    expect(getEventListeners(stopped.signal, 'abort')).toEqual([]);
  });
});
