import { every } from '@agora/process';
import type pg from 'pg';
import type { Logger } from './logger.js';
import { idTime } from './retain/event-ids.js';
import { defineStatement, queryPool, type Statement } from './statements.js';

/** How long published events can be published again. */
export const outboxDays = 7;
/**
 * How long an inbox remembers what it has applied. It must outlast everything that can deliver an event again: the outbox's retention plus
 * the age at which a stream drops messages, at most `maxStreamDays`.
 */
export const inboxDays = 30;
/** One day is a reserve, for a purge that is behind and for messages that are being delivered when the stream drops them. */
export const maxStreamDays = inboxDays - outboxDays - 1;

const purgeMilliseconds = 60_000;
const batchSize = 5_000;

/**
 * Creates partitions of outbox and inbox ahead of time, and drops those that no redelivery or republishing can need any more. Expired rows in partitions that
 * stay, such as the tables from before there were partitions, are deleted in batches. Any number of replicas may do so.
 */
export function startPurging(
  database: pg.Pool,
  logger: Logger,
  milliseconds = purgeMilliseconds,
): { stop(): Promise<void> } {
  const purging = [outbox, inbox].map((table) =>
    every(`purging the ${table.name}`, milliseconds, () => purge(database, table, logger), { logger }),
  );
  return {
    async stop() {
      await Promise.all(purging.map((each) => each.stop()));
    },
  };
}

const maintain = defineStatement('maintain-partitions', 'SELECT maintain_partitions($1, $2) AS done');

interface Purged {
  name: 'outbox' | 'inbox';
  days: number;
  /** Deletes expired rows of partitions that stay, later than these are dropped; does not wait for rows that another replica deletes. */
  leftover: Statement;
}

const outbox: Purged = {
  name: 'outbox',
  days: outboxDays,
  leftover: defineStatement(
    'purge-outbox',
    `DELETE FROM outbox WHERE sequence = ANY (ARRAY(
       SELECT sequence FROM outbox WHERE published_at < now() - ($1 + 1) * interval '1 day'
       ORDER BY published_at LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))`,
  ),
};

// Prunes the weekly partitions, which have no index on applied_at. By both times, so that hardly any row is read that stays.
const olderThanPartitions = `${idTime} < (extract(epoch FROM now() - ($1 + 8) * interval '1 day') * 1000)::bigint`;

const inbox: Purged = {
  name: 'inbox',
  days: inboxDays,
  leftover: defineStatement(
    'purge-inbox',
    `DELETE FROM inbox WHERE ${olderThanPartitions} AND event_id = ANY (ARRAY(
       SELECT event_id FROM inbox WHERE applied_at < now() - ($1 + 8) * interval '1 day' AND ${olderThanPartitions}
       ORDER BY applied_at LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))`,
  ),
};

async function purge(
  database: pg.Pool,
  { name, days, leftover }: Purged,
  logger: Logger,
): Promise<void | 'more'> {
  const isMore = await maintainPartitions(database, name, days, logger);
  const { rowCount } = await queryPool(database, leftover, [days]);
  return isMore || rowCount === batchSize ? 'more' : undefined;
}

/** Creates or drops one partition; resolves to whether there may be more to do. */
async function maintainPartitions(
  database: pg.Pool,
  name: string,
  days: number,
  logger: Logger,
): Promise<boolean> {
  try {
    const { rows } = await queryPool<{ done: string | null }>(database, maintain, [name, days]);
    const done = rows[0]?.done ?? undefined;
    if (done !== undefined) logger.info({ table: name }, `a partition was changed: ${done}`);
    return done !== undefined;
  } catch (error) {
    // The table is in use, or another replica does the same. The next turn is early enough: partitions are created days ahead.
    if (error instanceof Error && 'code' in error && error.code === '55P03') return false;
    throw error;
  }
}
