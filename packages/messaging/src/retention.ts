import { every } from '@agora/process';
import type pg from 'pg';
import type { Logger } from './logger.js';
import { defineStatement, queryPool, type Statement } from './statements.js';

/** How long published events can be published again. */
export const outboxDays = 7;
/**
 * How long an inbox remembers what it has applied. It must outlast everything that can deliver an event once more: the outbox's retention, and then
 * the age at which a stream drops messages, `maxStreamDays` at most.
 */
export const inboxDays = 30;
/** A day is left for what is late: a purge that is behind, a message that is being delivered when the stream drops it. */
export const maxStreamDays = inboxDays - outboxDays - 1;

const purgeMilliseconds = 60_000;
const batchSize = 5_000;

/** Deletes, a batch at a time, what no redelivery or republishing can need any more. Any number of replicas may. */
export function startPurging(
  database: pg.Pool,
  logger: Logger,
  milliseconds = purgeMilliseconds,
): { stop(): Promise<void> } {
  const purging = [
    every('purging the outbox', milliseconds, () => purge(database, outbox), { logger }),
    every('purging the inbox', milliseconds, () => purge(database, inbox), { logger }),
  ];
  return {
    async stop() {
      await Promise.all(purging.map((each) => each.stop()));
    },
  };
}

/** What another replica deletes is not waited for. */
const deletion = (table: string, key: string, time: string) =>
  defineStatement(
    `purge-${table}`,
    `DELETE FROM ${table} WHERE ${key} = ANY (ARRAY(
       SELECT ${key} FROM ${table} WHERE ${time} < now() - $1 * interval '1 day'
       ORDER BY ${time} LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))`,
  );

const outbox = { statement: deletion('outbox', 'sequence', 'published_at'), days: outboxDays };
const inbox = { statement: deletion('inbox', 'event_id', 'applied_at'), days: inboxDays };

async function purge(
  database: pg.Pool,
  { statement, days }: { statement: Statement; days: number },
): Promise<void | 'more'> {
  const { rowCount } = await queryPool(database, statement, [days]);
  return rowCount === batchSize ? 'more' : undefined;
}
