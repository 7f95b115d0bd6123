import { describe, expect, it } from '@jest/globals';
import { isLegacySession, legacySessionOf } from '../src/legacy-tokens.js';
import { rememberRevoked } from '../src/revoked.js';

const remember = () => rememberRevoked({ minutes: 2, userMinutes: 5, isLongLived: isLegacySession });
const holder = (sessionNumber?: number, sessionId = `session ${sessionNumber}`) => ({
  userId: 7,
  sessionId,
  ...(sessionNumber !== undefined && { sessionNumber }),
});

describe('what was revoked', () => {
  it('is a session, or all sessions of a user', () => {
    const revoked = remember();
    revoked.addSession('session 1');
    expect([revoked.has(holder(1)), revoked.has(holder(2))]).toEqual([true, false]);
    revoked.addUser(7);
    expect([revoked.has(holder(2)), revoked.has({ ...holder(2), userId: 8 })]).toEqual([true, false]);
  });

  it('is every session up to a number except one, and every token without a number', () => {
    const revoked = remember();
    revoked.addSessions(7, { upTo: 3, exceptSessionId: 'session 2' });
    expect([1, 2, 3, 4].map((number) => revoked.has(holder(number)))).toEqual([true, false, true, false]);
    expect(revoked.has(holder(undefined))).toBe(true);
    expect(revoked.has(holder(0, legacySessionOf(7)))).toBe(true);
    expect(revoked.has({ ...holder(1), userId: 8 })).toBe(false);
  });

  it.each([
    ['in order', [3, 2], [5, 4]],
    ['in the other order', [5, 4], [3, 2]],
  ])('adds up when a user ends all sessions but one twice, %s', (_name, ...given) => {
    const revoked = remember();
    for (const [upTo = 0, except] of given)
      revoked.addSessions(7, { upTo, exceptSessionId: `session ${except}` });
    expect([1, 2, 3, 4, 5, 6].map((number) => revoked.has(holder(number)))).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  it('includes both sessions when they end each other', () => {
    const revoked = remember();
    revoked.addSessions(7, { upTo: 2, exceptSessionId: 'session 1' });
    revoked.addSessions(7, { upTo: 2, exceptSessionId: 'session 2' });
    expect([1, 2].map((number) => revoked.has(holder(number)))).toEqual([true, true]);
  });

  it('keeps at most a few exceptions of a user, and then none', () => {
    const revoked = remember();
    for (let number = 1; number <= 20; number += 1)
      revoked.addSessions(7, { upTo: number, exceptSessionId: `session ${number}` });
    expect(revoked.has(holder(21))).toBe(false);
    for (let number = 1; number < 9; number += 1) expect(revoked.has(holder(number))).toBe(true);
  });

  it('is forgotten by its age only: a session sooner than anything that tokens of the replaced application may belong to', () => {
    const revoked = remember();
    revoked.addSession('session 1');
    revoked.addSession(legacySessionOf(8));
    revoked.addSessions(7, { upTo: 5, exceptSessionId: 'session 1' });
    const all = () => [
      revoked.has(holder(1)),
      revoked.has({ userId: 8, sessionId: legacySessionOf(8) }),
      revoked.has(holder(2)),
    ];
    const realNow = Date.now;
    Date.now = () => realNow() + 10 * 86_400_000;
    try {
      revoked.age();
      revoked.age();
      expect(all()).toEqual([true, true, true]);
    } finally {
      Date.now = realNow;
    }
    revoked.age();
    expect(all()).toEqual([false, true, true]);
    for (let minute = 0; minute < 3; minute += 1) revoked.age();
    expect(all()).toEqual([false, false, false]);
  });
});
