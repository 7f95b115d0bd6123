import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, stalledLoops } from '@agora/process';
import { eventually } from '@agora/testing';
import type { RevocationPage } from '../src/ask-for-revocations.js';
import { knowAll, type Knowing } from '../src/know-all.js';

const logger = createLogger('test', 'silent');

/** auth with some revocations, NATS with its stream, and who must know all. */
function given({ revocations = [] as number[], blindSeconds = 60, pageSize = 1_000, isAway = false } = {}) {
  const auth = { isAway, asked: [] as number[], revocations };
  const nats = { isAway: false, isRead: true };
  const taken: number[] = [];
  const ask = async (after: number): Promise<RevocationPage> => {
    auth.asked.push(after);
    if (auth.isAway) throw new Error('away');
    const all = auth.revocations.filter((number) => number > after);
    const page = all.slice(0, pageSize);
    return {
      newest: Math.max(0, ...auth.revocations),
      revocations: page.map((number) => ({ number, type: 'auth.user-deleted.v1', data: {} })),
      more: page.length === pageSize,
    };
  };
  knowing = knowAll({
    ask,
    take: ({ number }) => taken.push(number),
    isStreamRead: async () => {
      if (nats.isAway) throw new Error('away');
      return nats.isRead;
    },
    blindSeconds,
    logger,
  });
  return { auth, nats, taken, knowing };
}

let knowing: Knowing;
afterEach(() => knowing.stop());

const becomesGood = () => eventually(() => expect(knowing.isGood()).toBe(true), 2_500);
const pass = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a process that must know all revocations', () => {
  it('knows none before auth has answered, and then all, page by page', async () => {
    const { auth, taken } = given({ revocations: [1, 2, 3, 4, 5], pageSize: 2 });
    expect(knowing.isGood()).toBe(false);
    await becomesGood();
    expect(taken).toEqual([1, 2, 3, 4, 5]);
    expect(auth.asked).toEqual([0, 2, 4]);
  });

  it('asks nobody while heartbeats name known revocations', async () => {
    const { auth } = given({ revocations: [1] });
    await becomesGood();
    const heartbeats = setInterval(() => knowing.receivedHeartbeat(1), 100);
    await pass(1_500);
    clearInterval(heartbeats);
    expect(auth.asked).toEqual([0]);
  });

  it('asks auth for a revocation that a heartbeat names and the stream lacks', async () => {
    const { auth, taken } = given({ revocations: [1] });
    await becomesGood();
    auth.revocations.push(2);
    const heartbeats = setInterval(() => knowing.receivedHeartbeat(2), 100);
    await eventually(() => expect(taken).toEqual([1, 2]), 1_500);
    clearInterval(heartbeats);
    expect(auth.asked.at(-1)).toBe(1);
  });

  it('asks nobody for revocations from the stream, in any order, but for those missing between', async () => {
    const { auth, taken } = given({ revocations: [1] });
    await becomesGood();
    knowing.received(3, 2);
    knowing.received(2, 1);
    let newest = 3;
    const heartbeats = setInterval(() => knowing.receivedHeartbeat(newest), 100);
    await pass(1_300);
    expect(auth.asked).toEqual([0]);
    auth.revocations.push(2, 3, 4, 5);
    knowing.received(5, 4);
    newest = 5;
    await eventually(() => expect(taken).toEqual([1, 4, 5]), 1_500);
    clearInterval(heartbeats);
  });

  it('relies on NATS while auth is away, but not when a heartbeat named a revocation that the stream lacks', async () => {
    const { nats } = given({ blindSeconds: 1, isAway: true });
    await becomesGood();
    await pass(1_500);
    expect(knowing.isGood()).toBe(true);
    knowing.receivedHeartbeat(9);
    await eventually(() => expect(knowing.isGood()).toBe(false), 3_500);
    knowing.received(9, 8);
    await becomesGood();
    nats.isRead = false;
    await eventually(() => expect(knowing.isGood()).toBe(false), 3_500);
  });

  it('waits for a heartbeat of auth before it relies on a stream that it has just read', async () => {
    const { taken } = given({ isAway: true });
    await pass(300);
    expect(knowing.isGood()).toBe(false);
    knowing.receivedHeartbeat(4);
    await pass(1_000);
    expect([knowing.isGood(), taken]).toEqual([false, []]);
  });

  it('keeps its loop running while requests fail, and stalls when one never ends', async () => {
    given({ isAway: true });
    await pass(700);
    expect(stalledLoops(500)).toEqual([]);
    await knowing.stop();
    const hung = Promise.withResolvers<never>();
    const isStreamRead = async () => true;
    knowing = knowAll({
      ask: () => hung.promise,
      take: () => undefined,
      isStreamRead,
      blindSeconds: 60,
      logger,
    });
    await eventually(() => expect(stalledLoops(500)).toEqual(['revocations']), 2_000);
    hung.reject(new Error('over'));
  });

  it('accepts tokens for a bounded time when neither answers', async () => {
    const { auth, nats } = given({ blindSeconds: 2 });
    await becomesGood();
    auth.isAway = true;
    nats.isAway = true;
    await pass(1_500);
    expect(knowing.isGood()).toBe(true);
    await eventually(() => expect(knowing.isGood()).toBe(false), 1_500);
    auth.isAway = false;
    await becomesGood();
  });
});
