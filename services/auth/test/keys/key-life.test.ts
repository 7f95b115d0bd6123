import { describe, expect, it } from '@jest/globals';
import { livesOf, signerOf } from '../../src/keys/key-life.js';

const minute = 60_000;
const now = new Date('2030-01-01T12:00:00Z');
/** A time so many minutes from now. */
const at = (minutes: number) => new Date(now.getTime() + minutes * minute);
const key = (activatesAt: Date | null, retiredAt: Date | null = null) => ({
  activatesAt,
  retiredAt,
  createdAt: activatesAt ?? now,
});
const statesOf = (...keys: ReturnType<typeof key>[]) => livesOf(keys, now, 15).map(({ state }) => state);

describe('the life of a key', () => {
  it('goes from next through active and retiring to retired', () => {
    expect(statesOf(key(at(-60)), key(at(-17)), key(at(0)), key(at(1)), key(null))).toEqual([
      'retired',
      'retiring',
      'active',
      'next',
      'next',
    ]);
  });

  it('lasts for the lifetime of a token and a minute after the next key began to sign', () => {
    const [life] = livesOf([key(at(-60)), key(at(-10))], now, 15);
    expect(life).toMatchObject({ state: 'retiring', retiresAt: at(6) });
    expect(statesOf(key(at(-60)), key(at(-16)))).toEqual(['retired', 'active']);
  });

  it('restarts when its successor is retired', () => {
    expect(statesOf(key(at(-60)), key(at(-10), at(-1)))).toEqual(['active', 'retired']);
  });

  it('has the next key sign where no other can', () => {
    const [first, second] = [key(at(-60), at(-1)), key(at(5))];
    expect(signerOf(livesOf([first, second], now, 15))).toBe(second);
    expect(signerOf(livesOf([first], now, 15))).toBeUndefined();
  });
});
