import type { Envelope } from '@agora/contracts';
import type { Sequelize } from 'sequelize';
import { idTime, timesOfIds } from '../retain/event-ids.js';
import { defineStatement, queryRows } from '../statements.js';

/** Counting stops there: with NATS away for long an outbox holds millions. */
export const outboxCountLimit = 10_000;

export interface OutboxStatus {
  /** Events that wait to be published, counted up to `counted_up_to`, and since when the oldest does. */
  unpublished: number;
  oldest_unpublished_at: Date | null;
  /** How many of the oldest of them the broker refused at least once, likewise, and what it said of the first. */
  refused: number;
  last_error: string | null;
  /** A count of this size means that there may be more. */
  counted_up_to: number;
  /** Whether what was published before is being published again. */
  republishing: boolean;
  last_published_at: Date | null;
  /** The oldest that can still be published again. */
  retained_since: Date | null;
}

const statusOf = defineStatement(
  'outbox-status',
  `WITH oldest AS MATERIALIZED (
     SELECT sequence, created_at, attempts, last_error FROM outbox WHERE published_at IS NULL
     ORDER BY sequence LIMIT ${outboxCountLimit}
   )
   SELECT count(*)::int AS unpublished, min(created_at) AS oldest_unpublished_at,
          count(*) FILTER (WHERE attempts > 0)::int AS refused,
          (array_agg(last_error ORDER BY sequence) FILTER (WHERE attempts > 0))[1] AS last_error,
          ${outboxCountLimit} AS counted_up_to,
          EXISTS (SELECT FROM published_streams WHERE republish_until IS NOT NULL) AS republishing,
          (SELECT max(published_at) FROM outbox WHERE published_at IS NOT NULL) AS last_published_at,
          (SELECT min(published_at) FROM outbox WHERE published_at IS NOT NULL) AS retained_since
   FROM oldest`,
);

/** The contents of an outbox, in constant time. */
export async function readOutboxStatus(database: Sequelize): Promise<OutboxStatus> {
  const rows = await queryRows<OutboxStatus>(database, statusOf);
  const [status] = rows;
  if (!status) throw new Error('an outbox has a status');
  return status;
}

const countWaiting = defineStatement(
  'outbox-waiting',
  'SELECT count(*)::int AS waiting FROM (SELECT FROM outbox WHERE published_at IS NULL LIMIT $1) AS waiting',
);

/** Whether at most `limit` events wait to be published. */
export async function outboxKeepsUp(database: Sequelize, limit: number): Promise<boolean> {
  const [row] = await queryRows<{ waiting: number }>(database, countWaiting, [limit + 1]);
  return (row?.waiting ?? 0) <= limit;
}

const countSince = defineStatement(
  'outbox-published-since',
  'SELECT count(*)::int AS count FROM (SELECT 1 FROM outbox WHERE published_at >= $1 ORDER BY published_at LIMIT $2) AS found',
);

const startAgain = defineStatement(
  'outbox-republish-since',
  // If events are being republished already, it starts again from the earlier of both times.
  `UPDATE published_streams SET republish_after = 0, republish_until = (SELECT max(sequence) FROM outbox),
          republish_since = CASE WHEN republish_until IS NULL THEN $1::timestamptz
            WHEN republish_since IS NOT NULL THEN least(republish_since, $1) END`,
);

/**
 * Has the relay publish again what was published since then, beside what is new; consumers apply each event once. Resolves to how many events that
 * are, counted up to `limit`.
 */
export async function republishSince(
  database: Sequelize,
  since: Date,
  limit = outboxCountLimit,
): Promise<number> {
  const count = await countPublishedSince(database, since, limit);
  if (count > 0) await queryRows(database, startAgain, [since]);
  return count;
}

/** How many retained events were published since then, counted up to `limit`. */
export async function countPublishedSince(
  database: Sequelize,
  since: Date,
  limit = outboxCountLimit,
): Promise<number> {
  const [found] = await queryRows<{ count: number }>(database, countSince, [since, limit]);
  return found?.count ?? 0;
}

/** An event as its publisher keeps it; `sequence` is its place in the outbox. */
export interface StoredEvent {
  sequence: string;
  created_at: string;
  envelope: Envelope;
}

const eventsAfter = defineStatement(
  'outbox-after',
  'SELECT sequence, created_at, envelope FROM outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2',
);

/** Up to `limit` retained events, published or not, in the order they were added, from after the place `after`. */
export function readOutbox(database: Sequelize, after: string, limit: number): Promise<StoredEvent[]> {
  return queryRows<StoredEvent>(database, eventsAfter, [after, limit]);
}

const unapplied = defineStatement(
  'events-unapplied',
  `SELECT given.id AS event_id, coalesce(letter.dead_at IS NOT NULL, false) AS dead
   FROM unnest($1::uuid[]) AS given (id) LEFT JOIN dead_letters AS letter ON letter.message_id = given.id::text
   WHERE (SELECT event_id FROM inbox WHERE event_id = given.id AND ${idTime} BETWEEN $2 AND $3 LIMIT 1) IS NULL`,
);

/** Which of these events the service has not applied, and whether it dead-lettered them. */
export function findUnapplied(
  database: Sequelize,
  eventIds: string[],
): Promise<{ event_id: string; dead: boolean }[]> {
  return queryRows<{ event_id: string; dead: boolean }>(database, unapplied, [
    eventIds,
    ...timesOfIds(eventIds),
  ]);
}
