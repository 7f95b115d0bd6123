import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import type { Envelope } from '@agora/contracts';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import {
  answerMilliseconds,
  defineFenced,
  jetStreamOf,
  runFenced,
  type RelayContext,
} from './relay-context.js';
import { subjectOf } from '../partitions.js';
import { defineStatement, queryPool } from '../statements.js';
import { tracePublishing } from '../tracing.js';

/** How long what is published may go unmarked. A crash meanwhile has it published again, and applied once. */
export const markMilliseconds = 20;
export const batchSize = 256 as const;
/** The stream is full: the server calls it unavailable, but only an operator can help. */
const streamIsFull = 10_077;

export interface OutboxRow {
  sequence: string;
  created_at: Date;
  envelope: Envelope;
}

/** An event and its place in the stream. */
export interface Place {
  sequence: number;
  eventId: string;
}

/** What the stream has acknowledged. */
export interface Published {
  /** Places in the outbox. */
  sequences: string[];
  /** When the first and the last of them were added, in milliseconds since 1970: it prunes partitions. */
  added: { from: number; to: number };
  /** Where in the stream the newest of it is; undefined when all of it was there already. */
  newest: Place | undefined;
  /** When the first of it was acknowledged, by the monotonic clock in milliseconds. */
  since: number;
}

export const nothingPublished: Published = {
  sequences: [],
  added: { from: Infinity, to: -Infinity },
  newest: undefined,
  since: Infinity,
};

/** Both together. */
export const together = (one: Published, other: Published): Published => ({
  sequences: [...one.sequences, ...other.sequences],
  added: {
    from: Math.min(one.added.from, other.added.from),
    to: Math.max(one.added.to, other.added.to),
  },
  newest: newer(one.newest, other.newest),
  since: Math.min(one.since, other.since),
});

const newer = (one: Place | undefined, other: Place | undefined) =>
  one && other ? (one.sequence > other.sequence ? one : other) : (one ?? other);

/** What became of a batch. */
export interface Outcome {
  published: Published;
  /** Where in the stream the oldest of it is, of what was not there already; Infinity when there is none. */
  oldest: number;
  /** Whether the server refused some of it, or did not answer. */
  failed: 'nothing' | 'refused' | 'unanswered';
}

/**
 * The planner cannot use a bound parameter as limit: it would read a tenth of the table at once. And the order makes it take the index by
 * partition: by that of all partitions it would read past what waits in the others.
 */
const oldest = (limit: number) =>
  defineStatement(
    `unpublished-${limit}`,
    `SELECT sequence, created_at, envelope FROM outbox
     WHERE partition BETWEEN $2 AND $2 AND published_at IS NULL AND (next_attempt_at IS NULL OR next_attempt_at <= now())
       AND sequence <> ALL($1::bigint[])
     ORDER BY partition, sequence LIMIT ${limit}`,
    { prepared: true },
  );
const unpublished = { 1: oldest(1), [batchSize]: oldest(batchSize) };

/** The oldest events of the partition that are neither published nor in `unmarked`. */
export async function findUnpublished(
  { database, partition }: RelayContext,
  unmarked: Published,
  limit: 1 | typeof batchSize,
): Promise<OutboxRow[]> {
  const { rows } = await queryPool<OutboxRow>(database, unpublished[limit], [unmarked.sequences, partition]);
  return rows;
}

/** Publishes events, all at once; the stream has them in their order unless some are refused. */
export async function publishRows(
  context: RelayContext,
  rows: readonly OutboxRow[],
  timeout = answerMilliseconds,
): Promise<Outcome> {
  if (rows.length === 0) return { published: nothingPublished, oldest: Infinity, failed: 'nothing' };
  const { client } = await jetStreamOf(context);
  const results = await settleUntilBroken(
    context,
    rows.map((row) => publish(client, row, context.partition, timeout)),
  );
  const outcome: Outcome = {
    published: { ...nothingPublished, sequences: [], added: { ...nothingPublished.added } },
    oldest: Infinity,
    failed: 'nothing',
  };
  const failures: Failure[] = [];
  for (const [index, row] of rows.entries()) {
    const result = results[index];
    if (result?.status === 'fulfilled') {
      outcome.published.sequences.push(row.sequence);
      const { added } = outcome.published;
      added.from = Math.min(added.from, row.created_at.getTime());
      added.to = Math.max(added.to, row.created_at.getTime());
      if (result.value === undefined) continue;
      outcome.published.newest = newer(outcome.published.newest, {
        sequence: result.value,
        eventId: row.envelope.id,
      });
      outcome.oldest = Math.min(outcome.oldest, result.value);
    } else failures.push({ row, error: result?.reason });
  }
  if (outcome.published.sequences.length > 0) outcome.published.since = performance.now();
  if (failures.length === 0) return outcome;
  const refused = failures.filter(({ error }) => !isUnanswered(error));
  context.logger.warn(
    { error: failures[0]?.error, failed: failures.length },
    'events could not be published, retrying',
  );
  await postpone(context, refused);
  return { ...outcome, failed: refused.length === failures.length ? 'refused' : 'unanswered' };
}

interface Failure {
  row: OutboxRow;
  error: unknown;
}

class BrokenConnection extends Error {
  override name = 'BrokenConnection';
}

/** The NATS client exports only some of their classes. */
const unanswered = new Set([
  'BrokenConnection',
  'ClosedConnectionError',
  'DrainingConnectionError',
  'JetStreamNotEnabled',
  'TimeoutError',
]);

/** Whether the server is away, or the stream has no leader now: no event's fault, and the same for all of them. */
const isUnanswered = (error: unknown): boolean =>
  error instanceof JetStreamApiError
    ? error.status === 503 && error.code !== streamIsFull
    : error instanceof Error && unanswered.has(error.name);

/** Waits for all; when the connection breaks and is there again, those under way are failed: their answers would never come. */
async function settleUntilBroken<Result>(
  { broker }: RelayContext,
  all: Promise<Result>[],
): Promise<PromiseSettledResult<Result>[]> {
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const forget = broker.onReconnect(() =>
    broken.reject(new BrokenConnection('the connection to NATS broke')),
  );
  try {
    return await Promise.allSettled(all.map((each) => Promise.race([each, broken.promise])));
  } finally {
    forget();
  }
}

/** Resolves to the place in the stream; undefined when the event was there already. */
async function publish(
  client: JetStreamClient,
  { envelope }: OutboxRow,
  partition: number,
  timeout: number,
): Promise<number | undefined> {
  const ack = await tracePublishing(envelope, (traceparent) =>
    client.publish(subjectOf(envelope.type, partition), JSON.stringify(envelope), {
      msgID: envelope.id,
      timeout,
      headers: headersWith(traceparent),
    }),
  );
  return ack.duplicate ? undefined : ack.seq;
}

/** By the NATS protocol binding of CloudEvents, this type says that the message holds the whole event. */
function headersWith(traceparent: string | undefined): MsgHdrs {
  const all = headers();
  all.set('Content-Type', 'application/cloudevents+json');
  if (traceparent) all.set('traceparent', traceparent);
  return all;
}

const mark = defineFenced(
  'mark-published',
  6,
  `remembered AS (
     UPDATE published_streams SET last_sequence = $3, last_event_id = $4, last_published_at = now()
     WHERE stream = $2 AND last_sequence < $3::bigint AND EXISTS (SELECT FROM held)
   ), marked AS (
     UPDATE outbox SET published_at = now()
     WHERE sequence = ANY($1::bigint[]) AND created_at BETWEEN $5 AND $6 AND EXISTS (SELECT FROM held)
   )`,
);

/**
 * Marks events as published, and how far the stream has come with them. To mark each batch by itself would cost a commit for every few events, and
 * delay those behind it: published rows are marked some milliseconds later, while the next batch is being sent.
 */
export async function markPublished(
  context: RelayContext,
  { sequences, added, newest }: Published,
): Promise<void> {
  if (sequences.length === 0 && !newest) return;
  // The database stores microseconds.
  const [from, to] = sequences.length > 0 ? [new Date(added.from - 1), new Date(added.to + 1)] : [null, null];
  await runFenced(context, mark, [
    sequences,
    context.stream,
    newest?.sequence ?? 0,
    newest?.eventId ?? null,
    from,
    to,
  ]);
}

const postponeRefused = defineFenced(
  'postpone',
  2,
  // With a join, stale statistics lead to a scan of all partitions.
  `postponed AS (
     UPDATE outbox SET attempts = attempts + 1, last_error = ($2::text[])[array_position($1::bigint[], sequence)],
            next_attempt_at = now() + least(power(2, least(attempts, 10)), 60) * interval '1 second'
     WHERE sequence = ANY($1::bigint[]) AND EXISTS (SELECT FROM held)
   )`,
);

/** A row that the server itself refuses must not block those behind it; an unavailable server does not count against any row. */
async function postpone(context: RelayContext, refused: Failure[]): Promise<void> {
  if (refused.length === 0) return;
  await runFenced(context, postponeRefused, [
    refused.map(({ row }) => row.sequence),
    refused.map(({ error }) => String(error)),
  ]);
}
