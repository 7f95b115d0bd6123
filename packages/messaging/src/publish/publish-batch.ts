import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import type { Envelope } from '@agora/contracts';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type pg from 'pg';
import type { Logger } from '../logger.js';
import { tracePublishing } from '../tracing.js';

/** From where events are published, and whereto. */
export interface Way {
  client: pg.Client;
  jetStream: JetStreamClient;
  /** The name of the stream. */
  stream: string;
  logger: Logger;
}

/** How long what is published may go unmarked. A crash meanwhile has it published again, and applied once. */
export const markMilliseconds = 20;
const batchSize = 256;

interface OutboxRow {
  sequence: string;
  envelope: Envelope;
}

/** What the stream has acknowledged. */
export interface Published {
  /** Places in the outbox. */
  sequences: string[];
  /** Where in the stream the newest of it is; 0 when it was there already. */
  lastSequence: number;
  /** When the first of it was acknowledged, by the monotonic clock in milliseconds. */
  since: number;
}

export const nothingPublished: Published = { sequences: [], lastSequence: 0, since: Infinity };

const together = (one: Published, other: Published): Published => ({
  sequences: [...one.sequences, ...other.sequences],
  lastSequence: Math.max(one.lastSequence, other.lastSequence),
  since: Math.min(one.since, other.since),
});

/** Whether there may be more, none were left, or the broker refused some. */
type Progress = 'more' | 'empty' | 'refused';

/**
 * Publishes the oldest events that are neither published nor `unmarked`. To mark each batch by itself would cost a commit for every few
 * events, and hold up those behind it: what is published is marked some milliseconds later, while the next is on its way.
 */
export async function publishBatch(
  way: Way,
  unmarked: Published,
): Promise<{ progress: Progress; unmarked: Published }> {
  const isMarkDue =
    performance.now() - unmarked.since > markMilliseconds || unmarked.sequences.length >= batchSize;
  const [{ progress, published }] = await Promise.all([
    findUnpublished(way, unmarked).then((rows) => publishRows(way, rows)),
    isMarkDue ? markPublished(way, unmarked) : undefined,
  ]);
  return { progress, unmarked: isMarkDue ? published : together(unmarked, published) };
}

async function findUnpublished({ client }: Way, { sequences }: Published): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>({
    name: 'unpublished',
    text: `SELECT sequence, envelope FROM outbox
     WHERE published_at IS NULL AND (next_attempt_at IS NULL OR next_attempt_at <= now())
       AND sequence <> ALL($1::bigint[])
     ORDER BY sequence LIMIT ${batchSize}`,
    values: [sequences],
  });
  return rows;
}

async function publishRows(
  { client, jetStream, logger }: Way,
  rows: OutboxRow[],
): Promise<{ progress: Progress; published: Published }> {
  const results = await Promise.allSettled(rows.map((row) => publish(jetStream, row)));
  const sequences = rows
    .filter((_row, index) => results[index]?.status === 'fulfilled')
    .map(({ sequence }) => sequence);
  const published: Published = {
    sequences,
    since: sequences.length > 0 ? performance.now() : Infinity,
    lastSequence: Math.max(0, ...results.map((result) => (result.status === 'fulfilled' ? result.value : 0))),
  };
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ row: rows[index] as OutboxRow, error: result.reason as unknown }] : [],
  );
  if (failures.length === 0) return { progress: rows.length === batchSize ? 'more' : 'empty', published };
  logger.warn(
    { error: failures[0]?.error, failed: failures.length },
    'events could not be published; trying again',
  );
  await postponeRefused(client, failures);
  return { progress: 'refused', published };
}

async function publish(jetStream: JetStreamClient, { envelope }: OutboxRow): Promise<number> {
  const ack = await tracePublishing(envelope, (traceparent) =>
    jetStream.publish(envelope.type, JSON.stringify(envelope), {
      msgID: envelope.id,
      timeout: 5_000,
      ...(traceparent && { headers: headersWith(traceparent) }),
    }),
  );
  return ack.duplicate ? 0 : ack.seq;
}

function headersWith(traceparent: string): MsgHdrs {
  const all = headers();
  all.set('traceparent', traceparent);
  return all;
}

/** Marks events as published, and how far the stream has come with them. */
export async function markPublished(
  { client, stream }: Way,
  { sequences, lastSequence }: Published,
): Promise<void> {
  if (sequences.length === 0) return;
  await client.query({
    name: 'mark-published',
    text: `WITH remembered AS (
       UPDATE published_streams SET last_sequence = $3 WHERE stream = $2 AND last_sequence < $3
     )
     UPDATE outbox SET published_at = now() WHERE sequence = ANY($1::bigint[])`,
    values: [sequences, stream, lastSequence],
  });
}

/** A row that the server itself refuses must not block those behind it; a server that is away is nobody's fault and counts for none. */
async function postponeRefused(
  client: pg.Client,
  failures: { row: OutboxRow; error: unknown }[],
): Promise<void> {
  const refused = failures.filter(({ error }) => error instanceof JetStreamApiError);
  for (const { row, error } of refused) {
    await client.query(
      `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
              next_attempt_at = now() + least(power(2, attempts), 60) * interval '1 second'
       WHERE sequence = $1`,
      [row.sequence, String(error)],
    );
  }
}
