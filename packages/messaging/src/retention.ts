import type pg from 'pg';

const batchSize = 5_000;

/** What is published can be published again for so long: as long as a stream keeps it by default. */
const outboxDays = 7;
/** Must outlast everything that can deliver an event once more: the stream's age, then the outbox's retention. */
export const inboxDays = 30;

/** Deletes, in bounded batches, what no redelivery or republishing can need any more. */
export async function purgeOldRows(client: pg.Client): Promise<void> {
  await purge(client, 'outbox', 'sequence', 'published_at', outboxDays);
  await purge(client, 'inbox', 'event_id', 'applied_at', inboxDays);
}

async function purge(
  client: pg.Client,
  table: string,
  key: string,
  time: string,
  days: number,
): Promise<void> {
  let deleted: number;
  do {
    const result = await client.query(
      `DELETE FROM ${table} WHERE ${key} IN
         (SELECT ${key} FROM ${table} WHERE ${time} < now() - $1 * interval '1 day' LIMIT ${batchSize})`,
      [days],
    );
    deleted = result.rowCount ?? 0;
  } while (deleted === batchSize);
}
