import type { Caller } from './caller.js';

/** The holder of a token to check; tokens without a session number count as number 0. */
export type TokenHolder = Pick<Caller, 'userId' | 'sessionId'> & { sessionNumber?: number };

/** Sessions of a user that ended together: all up to a number, except one. */
export interface EndedSessions {
  upTo: number;
  exceptSessionId?: string;
}

type Kept = EndedSessions & { until: number };

/** Sessions and users whose tokens are refused. Each is forgotten once no token of it can live. */
export interface Revoked {
  addSession(sessionId: string): void;
  addUser(userId: number): void;
  addSessions(userId: number, which: EndedSessions): void;
  has(holder: TokenHolder): boolean;
  /** To be called once a minute: makes everything a minute older. */
  age(): void;
}

/** The most exceptions kept for a user, to bound memory. */
const maxExceptions = 8;

/**
 * Keeps revocations for a number of calls of `age`: sessions for `minutes`, users for `userMinutes`, because some of their tokens may live
 * longer. It never reads a clock: a clock that jumps must not revive a token.
 */
export function rememberRevoked({
  minutes,
  userMinutes,
  isLongLived,
}: {
  minutes: number;
  userMinutes: number;
  /** Whether a session may have tokens that live for `userMinutes`. */
  isLongLived(sessionId: string): boolean;
}): Revoked {
  let now = 0;
  const sessions = new Map<string, number>();
  const users = new Map<number, number>();
  const ended = new Map<number, Kept[]>();
  return {
    addSession: (sessionId) =>
      void sessions.set(sessionId, now + (isLongLived(sessionId) ? userMinutes : minutes)),
    addUser: (userId) => void users.set(userId, now + userMinutes),
    addSessions: (userId, which) =>
      void ended.set(userId, together(ended.get(userId) ?? [], { ...which, until: now + userMinutes })),
    has: ({ userId, sessionId, sessionNumber = 0 }) =>
      sessions.has(sessionId) ||
      users.has(userId) ||
      (ended
        .get(userId)
        ?.some(({ upTo, exceptSessionId }) => sessionNumber <= upTo && sessionId !== exceptSessionId) ??
        false),
    age() {
      now += 1;
      forget(sessions, (until) => until < now);
      forget(users, (until) => until < now);
      forget(ended, (all) => all.every(({ until }) => until < now));
    },
  };
}

/** Adds to what has ended of one user; what another includes is dropped, and past the bound all exceptions are. */
function together(known: Kept[], one: Kept): Kept[] {
  const includes = (whole: EndedSessions, part: EndedSessions) =>
    whole.upTo >= part.upTo &&
    (whole.exceptSessionId === undefined || whole.exceptSessionId === part.exceptSessionId);
  const whole = known.find((each) => includes(each, one));
  if (whole) return known.map((each) => (each === whole ? { ...each, until: one.until } : each));
  const all = [...known.filter((each) => !includes(one, each)), one];
  if (all.length <= maxExceptions) return all;
  const upTo = Math.max(...all.map((each) => each.upTo));
  return [{ upTo, until: one.until }];
}

function forget<Key, Value>(kept: Map<Key, Value>, isOver: (value: Value) => boolean): void {
  for (const [key, value] of kept) if (isOver(value)) kept.delete(key);
}
