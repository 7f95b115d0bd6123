import type { Envelope } from '@agora/contracts';
import type { Sequelize } from 'sequelize';
import { queryRows } from '../query-rows.js';

const batchSize = 5_000;

export interface OutboxStatus {
  /** Events that wait to be published, and since when the oldest does. */
  unpublished: number;
  oldest_unpublished_at: Date | null;
  /** How many of them the broker refused at least once, and what it said last. */
  refused: number;
  last_error: string | null;
  last_published_at: Date | null;
  /** The oldest that can still be published again. */
  retained_since: Date | null;
}

/** What an outbox holds. */
export async function readOutboxStatus(database: Sequelize): Promise<OutboxStatus> {
  const rows = await queryRows<OutboxStatus>(
    database,
    `SELECT count(*)::int AS unpublished, min(created_at) AS oldest_unpublished_at,
            count(*) FILTER (WHERE attempts > 0)::int AS refused,
            (array_agg(last_error ORDER BY sequence) FILTER (WHERE attempts > 0))[1] AS last_error,
            (SELECT max(published_at) FROM outbox) AS last_published_at,
            (SELECT min(published_at) FROM outbox) AS retained_since
     FROM outbox WHERE published_at IS NULL`,
  );
  const [status] = rows;
  if (!status) throw new Error('an outbox has a status');
  return status;
}

/** Whether at most `limit` events wait to be published. */
export async function outboxKeepsUp(database: Sequelize, limit: number): Promise<boolean> {
  const [row] = await queryRows<{ waiting: number }>(
    database,
    'SELECT count(*)::int AS waiting FROM (SELECT FROM outbox WHERE published_at IS NULL LIMIT $1) AS waiting',
    [limit + 1],
  );
  return (row?.waiting ?? 0) <= limit;
}

/** Marks what was published since then for publishing again, in bounded batches; consumers apply each event once. Returns how many. */
export async function republishSince(database: Sequelize, since: Date): Promise<number> {
  const [now] = await queryRows<{ now: Date }>(database, 'SELECT now()');
  let marked = 0;
  for (;;) {
    // The relay publishes the first batch while the next is marked, which must not come round again.
    const rows = await queryRows<{ sequence: string }>(
      database,
      `UPDATE outbox SET published_at = NULL, attempts = 0, next_attempt_at = NULL WHERE sequence IN
         (SELECT sequence FROM outbox WHERE published_at BETWEEN $1 AND $2 ORDER BY sequence LIMIT ${batchSize})
       RETURNING sequence`,
      [since, now?.now],
    );
    marked += rows.length;
    if (rows.length < batchSize) return marked;
  }
}

/** An event as its publisher keeps it; `sequence` is its place in the outbox. */
export interface StoredEvent {
  sequence: string;
  created_at: string;
  envelope: Envelope;
}

/** Up to `limit` retained events, published or not, in the order they were added, from after the place `after`. */
export function readOutbox(database: Sequelize, after: string, limit: number): Promise<StoredEvent[]> {
  return queryRows<StoredEvent>(
    database,
    'SELECT sequence, created_at, envelope FROM outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2',
    [after, limit],
  );
}

/** Which of these events the service has not applied, and whether it gave them up. */
export function findUnapplied(
  database: Sequelize,
  eventIds: string[],
): Promise<{ event_id: string; dead: boolean }[]> {
  return queryRows<{ event_id: string; dead: boolean }>(
    database,
    `SELECT given.id AS event_id, coalesce(letter.dead_at IS NOT NULL, false) AS dead
     FROM unnest($1::uuid[]) AS given (id) LEFT JOIN dead_letters AS letter ON letter.message_id = given.id::text
     WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.event_id = given.id)`,
    [eventIds],
  );
}
