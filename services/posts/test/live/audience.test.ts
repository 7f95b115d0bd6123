import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { gatherAudience, type Audience } from '../../src/live/audience.js';
import type { EventStream } from '../../src/live/event-stream.js';

let audience: Audience;
const good = async () => true;

beforeEach(() => {
  jest.useFakeTimers();
  audience = gatherAudience(3);
});
afterEach(() => {
  audience.end();
  jest.useRealTimers();
});

function open(isGood = good, client = 'ada'): EventStream {
  const stream = audience.open({ client, isGood });
  audience.include(stream, Buffer.from('hello'));
  return stream;
}

it('sends a heartbeat every 10 s', () => {
  const stream = open();
  expect(String(stream.read())).toBe('retry: 3000\n: still here\nhello');
  for (let beats = 0; beats < 4; beats += 1) {
    jest.advanceTimersByTime(10_000);
    // An empty line or an id would be an event without data to some readers.
    expect(String(stream.read())).toBe(': still here\n');
  }
});

it('drops a client that has read nothing between two heartbeats', () => {
  const [stalled, reading] = [open(), open()];
  for (let beats = 0; beats < 3; beats += 1) {
    jest.advanceTimersByTime(10_000);
    reading.read();
  }
  expect([stalled.destroyed, reading.destroyed]).toEqual([true, false]);
});

it('discards waiting events once the token is no longer valid', async () => {
  const stream = open(async () => false);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(stream.destroyed).toBe(true);
});

it('ends the oldest stream of the user with the most streams when there are too many', () => {
  const [single, oldest, other] = [open(good, 'ada'), open(good, 'bob'), open(good, 'bob')];
  for (const stream of [single, oldest, other]) stream.read();
  open(good, 'cleo');
  audience.sendAll(Buffer.from('news'));
  expect([single, oldest, other].map((stream) => stream.read()?.toString())).toEqual([
    'news',
    undefined,
    'news',
  ]);
});
