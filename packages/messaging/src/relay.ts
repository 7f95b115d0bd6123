import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { Envelope, Publisher } from '@agora/contracts';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import pg from 'pg';
import { delay, type Broker } from './broker.js';
import { keepRunning } from './keep-running.js';
import type { Logger } from './logger.js';
import type { Outbox } from './outbox.js';
import { republishIfLost } from './lost-stream.js';
import { purgeOldRows } from './retention.js';
import { forgetStream, measureStream } from './metrics.js';
import { ensureStream, streamOf } from './streams.js';
import { tracePublishing } from './tracing.js';
import { wakeablePause, type WakeablePause } from './wakeable-pause.js';

export interface RelayOptions {
  outbox: Outbox;
  broker: Broker;
  /** The relay's own connection: its lock belongs to the session, so it must not come from a pool. */
  connection: pg.ClientConfig;
  logger: Logger;
}

/** How often a relay looks for events that another replica has committed; its own wake it at once. */
const pollMilliseconds = 100;
/** How often a standby tries to take over. */
const standbyMilliseconds = 300;
/** How long what is published may go unmarked. A crash meanwhile has it published again, and applied once. */
const markMilliseconds = 20;
const checkMilliseconds = 5_000;
const purgeMilliseconds = 60_000;
const batchSize = 256;

/**
 * Publishes what the outbox holds, in order, and marks it published once JetStream has acknowledged it. Of all replicas
 * one is active at a time, by a session lock in Postgres; should two ever be, events are published twice and applied once.
 */
export function startRelay(options: RelayOptions): { stop(): Promise<void> } {
  const pause = wakeablePause();
  options.outbox.onCommit(pause.wake);
  return keepRunning((stopped) => relayWhileHealthy(options, pause, stopped), {
    failed: (error) => options.logger.warn({ error }, 'relay interrupted; starting over'),
    pause: () => 500 + Math.random() * 500,
  });
}

async function relayWhileHealthy(
  options: RelayOptions,
  pause: WakeablePause,
  stopped: AbortSignal,
): Promise<void> {
  const client = new pg.Client({ ...options.connection, query_timeout: 5_000, keepAlive: true });
  // Without a listener, a connection that breaks while idle ends the process; the next query reports it anyway.
  client.on('error', () => undefined);
  stopped.addEventListener('abort', pause.wake);
  await client.connect();
  try {
    // Its few statements are the same whatever they are given, and would else be planned anew for every batch.
    await client.query('SET plan_cache_mode = force_generic_plan');
    await takeLock(client, options.outbox.publisher, stopped);
    if (!stopped.aborted) await relay(client, options, pause, stopped);
  } finally {
    // Another replica may be active now, which knows better.
    forgetStream(streamOf(options.outbox.publisher));
    await client.end().catch(() => undefined);
    stopped.removeEventListener('abort', pause.wake);
  }
}

async function takeLock(client: pg.Client, publisher: Publisher, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    const { rows } = await client.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
      [`${publisher}.relay`],
    );
    if (rows[0]?.taken) return;
    await delay(standbyMilliseconds, stopped);
  }
}

async function relay(
  client: pg.Client,
  options: RelayOptions,
  pause: WakeablePause,
  stopped: AbortSignal,
): Promise<void> {
  const { client: jetStream, manager } = await whileNotStopped(options.broker.jetStream(), stopped);
  options.logger.info('relay active');
  let checkedAt = -Infinity;
  let purgedAt = performance.now();
  let unmarked = nothing;
  while (!stopped.aborted) {
    if (performance.now() - checkedAt > checkMilliseconds) {
      // What a stream has lost since it was published counts as published, or it would not be published again.
      await markPublished(client, options, unmarked);
      unmarked = nothing;
      await checkStream(client, manager, options);
      checkedAt = performance.now();
    }
    const batch = await publishBatch(client, jetStream, options, unmarked);
    unmarked = batch.unmarked;
    // A stream that refuses may be gone: the check makes it anew and republishes.
    if (batch.progress === 'refused') checkedAt = -Infinity;
    if (performance.now() - purgedAt > purgeMilliseconds) {
      await purgeOldRows(client);
      purgedAt = performance.now();
    }
    if (batch.progress === 'more') continue;
    if (batch.progress === 'refused') await pause.wait(500);
    else await pause.wait(unmarked.sequences.length > 0 ? markMilliseconds : pollMilliseconds);
  }
  await markPublished(client, options, unmarked);
}

async function checkStream(
  client: pg.Client,
  manager: JetStreamManager,
  options: RelayOptions,
): Promise<void> {
  const info = await ensureStream(manager, options.outbox.publisher, options.broker.settings);
  measureStream(info);
  const republished = await republishIfLost(client, info);
  if (republished > 0)
    options.logger.warn({ republished }, 'the stream has lost messages; publishing them again');
}

interface OutboxRow {
  sequence: string;
  envelope: Envelope;
}

/** What the stream has acknowledged. */
interface Published {
  /** Places in the outbox. */
  sequences: string[];
  /** Where in the stream the newest of it is; 0 when it was there already. */
  lastSequence: number;
  /** When the first of it was acknowledged, by the monotonic clock in milliseconds. */
  since: number;
}

const nothing: Published = { sequences: [], lastSequence: 0, since: Infinity };

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
async function publishBatch(
  client: pg.Client,
  jetStream: JetStreamClient,
  options: RelayOptions,
  unmarked: Published,
): Promise<{ progress: Progress; unmarked: Published }> {
  const isMarkDue =
    performance.now() - unmarked.since > markMilliseconds || unmarked.sequences.length >= batchSize;
  const [{ progress, published }] = await Promise.all([
    findUnpublished(client, unmarked).then((rows) => publishRows(client, jetStream, options, rows)),
    isMarkDue ? markPublished(client, options, unmarked) : undefined,
  ]);
  return { progress, unmarked: isMarkDue ? published : together(unmarked, published) };
}

async function findUnpublished(client: pg.Client, { sequences }: Published): Promise<OutboxRow[]> {
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
  client: pg.Client,
  jetStream: JetStreamClient,
  { logger }: RelayOptions,
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
async function markPublished(
  client: pg.Client,
  { outbox }: RelayOptions,
  { sequences, lastSequence }: Published,
): Promise<void> {
  if (sequences.length === 0) return;
  await client.query({
    name: 'mark-published',
    text: `WITH remembered AS (
       UPDATE published_streams SET last_sequence = $3 WHERE stream = $2 AND last_sequence < $3
     )
     UPDATE outbox SET published_at = now() WHERE sequence = ANY($1::bigint[])`,
    values: [sequences, streamOf(outbox.publisher), lastSequence],
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

function whileNotStopped<Result>(promise: Promise<Result>, stopped: AbortSignal): Promise<Result> {
  return Promise.race([
    promise,
    new Promise<never>((_resolve, reject) => {
      const stop = () => reject(new Error('stopped'));
      if (stopped.aborted) stop();
      stopped.addEventListener('abort', stop);
    }),
  ]);
}
