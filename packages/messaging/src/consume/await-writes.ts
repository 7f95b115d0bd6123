import type { Sequelize } from 'sequelize';
import { readToken, type ConsistencyToken } from '../publish/consistency-token.js';
import { outboxOf } from '../publish/outbox.js';
import { findDead } from './dead-letters.js';
import { findApplied } from './inbox.js';
import { inboxDays } from '../retention.js';
import type { Subscription } from './subscriptions.js';
import { wakeablePause } from '../wakeable-pause.js';

/** The state of the write that a token names. */
interface Awaited {
  outcome: 'applied' | 'missing';
  /** What a replica must have replayed to show it; undefined where every replica does. */
  position?: string;
}

/** Waits until a service has applied the write that a token names; it is `missing` after 2 s, and at once when the token names none. */
export type AwaitWrite = (token: string) => Promise<Awaited>;

const patienceMilliseconds = 2_000;
const pollMilliseconds = 15;
/** Beyond this number the longest waiter is released: made-up tokens must not block other requests. */
const maxWaiting = 256;
/** For how many tokens it is remembered that they are applied: clients send theirs with every read. */
const maxRemembered = 10_000;

interface Waiter {
  missing: string[];
  settle(outcome: 'applied' | 'missing'): void;
}

/**
 * Returns a function that waits for writes of other services. It asks the inbox, which all replicas share and restarts
 * leave alone, for all waiters at once, and holds no connection in between.
 */
export function awaitWrites(database: Sequelize, subscriptions: readonly Subscription[]): AwaitWrite {
  const types = new Set(subscriptions.flatMap(({ events }) => events.map(({ type }) => type)));
  const waiters = new Set<Waiter>();
  const pause = wakeablePause();
  let watching = false;

  const watch = async () => {
    watching = true;
    while (waiters.size > 0) {
      await settleThoseWhoCan(database, waiters);
      await pause.wait(pollMilliseconds);
    }
    watching = false;
  };

  const waitFor = async (eventIds: string[]) => {
    const { promise, resolve } = Promise.withResolvers<'applied' | 'missing'>();
    const waiter = { missing: eventIds, settle: resolve };
    const patience = setTimeout(() => resolve('missing'), patienceMilliseconds);
    waiters.add(waiter);
    if (watching) pause.wake();
    else void watch();
    try {
      return await promise;
    } finally {
      clearTimeout(patience);
      waiters.delete(waiter);
    }
  };

  const remembered = new Map<string, string>();
  /** A position of the log that includes a write which is committed now, and all its writer wrote before; later calls with the same token get the same one. */
  const positionSince = async (token: string) => {
    const position = remembered.get(token) ?? (await outboxOf(database).latestPosition());
    if (position === undefined) return {};
    remembered.set(token, position);
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size > maxRemembered) remembered.delete(oldest);
    return { position };
  };

  return async (token) => {
    const write = readToken(token);
    if (!write) return { outcome: 'missing' };
    const { publisher } = outboxOf(database);
    if (write.position?.publisher === publisher)
      return { outcome: 'applied', position: write.position.position };
    const eventIds = eventsToAwait(write, types);
    const isWaitedFor = eventIds.length > 0 && !remembered.has(token);
    if (isWaitedFor && (await waitFor(eventIds)) === 'missing') return { outcome: 'missing' };
    return { outcome: 'applied', ...(await positionSince(token)) };
  };
}

/** A service does not wait for events that it does not consume, above all its own; events older than the inbox's retention count as applied. */
function eventsToAwait({ time, events }: ConsistencyToken, types: ReadonlySet<string>): string[] {
  const forgotten = Date.parse(time) < Date.now() - inboxDays * 86_400_000;
  return forgotten ? [] : events.filter(({ type }) => types.has(type)).map(({ id }) => id);
}

async function settleThoseWhoCan(database: Sequelize, waiters: ReadonlySet<Waiter>): Promise<void> {
  const asked = [...waiters];
  try {
    const applied = await findApplied(database, missingOf(asked));
    for (const waiter of asked) {
      waiter.missing = waiter.missing.filter((id) => !applied.has(id));
      if (waiter.missing.length === 0) waiter.settle('applied');
    }
    const late = asked.filter(({ missing }) => missing.length > 0);
    const dead = await findDead(database, missingOf(late));
    for (const [place, waiter] of late.entries()) {
      if (waiter.missing.some((id) => dead.has(id)) || place < late.length - maxWaiting)
        waiter.settle('missing');
    }
  } catch {
    // The read itself will fail if the database is away.
  }
}

const missingOf = (waiters: readonly Waiter[]): string[] => waiters.flatMap(({ missing }) => missing);
