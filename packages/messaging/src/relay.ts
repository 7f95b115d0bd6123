import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { Envelope, Publisher } from '@agora/contracts';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import pg from 'pg';
import { delay, type Broker } from './broker.js';
import { keepRunning } from './keep-running.js';
import type { Logger } from './logger.js';
import type { Outbox } from './outbox.js';
import { republishIfLost, rememberStream } from './lost-stream.js';
import { purgeOldRows } from './retention.js';
import { forgetStream, measureStream } from './metrics.js';
import { ensureStream, streamOf } from './streams.js';
import { tracePublishing } from './tracing.js';

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
const checkMilliseconds = 5_000;
const purgeMilliseconds = 60_000;
const batchSize = 256;

/**
 * Publishes what the outbox holds, in order, and marks it published once JetStream has acknowledged it. Of all replicas
 * one is active at a time, by a session lock in Postgres; should two ever be, events are published twice and applied once.
 */
export function startRelay(options: RelayOptions): { stop(): Promise<void> } {
  let wake = new AbortController();
  options.outbox.onCommit(() => wake.abort());
  return keepRunning(
    async (stopped) => {
      const pause = async (milliseconds: number) => {
        await delay(milliseconds, AbortSignal.any([wake.signal, stopped]));
        wake = new AbortController();
      };
      await relayWhileHealthy(options, pause, stopped);
    },
    {
      failed: (error) => options.logger.warn({ error }, 'relay interrupted; starting over'),
      pause: () => 500 + Math.random() * 500,
    },
  );
}

type Pause = (milliseconds: number) => Promise<void>;

async function relayWhileHealthy(options: RelayOptions, pause: Pause, stopped: AbortSignal): Promise<void> {
  const client = new pg.Client({ ...options.connection, query_timeout: 5_000, keepAlive: true });
  // Without a listener, a connection that breaks while idle ends the process; the next query reports it anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await takeLock(client, options.outbox.publisher, stopped);
    if (!stopped.aborted) await relay(client, options, pause, stopped);
  } finally {
    // Another replica may be active now, which knows better.
    forgetStream(streamOf(options.outbox.publisher));
    await client.end().catch(() => undefined);
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
  pause: Pause,
  stopped: AbortSignal,
): Promise<void> {
  const { client: jetStream, manager } = await whileNotStopped(options.broker.jetStream(), stopped);
  options.logger.info('relay active');
  let checkedAt = -Infinity;
  let purgedAt = performance.now();
  while (!stopped.aborted) {
    if (performance.now() - checkedAt > checkMilliseconds) {
      await checkStream(client, manager, options);
      checkedAt = performance.now();
    }
    const progress = await publishBatch(client, jetStream, options);
    // A stream that refuses may be gone: the check makes it anew and republishes.
    if (progress === 'refused') checkedAt = -Infinity;
    if (performance.now() - purgedAt > purgeMilliseconds) {
      await purgeOldRows(client);
      purgedAt = performance.now();
    }
    if (progress !== 'more') await pause(progress === 'refused' ? 500 : pollMilliseconds);
  }
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

/** Publishes the oldest unpublished events; tells whether there may be more, none were left, or the broker refused some. */
async function publishBatch(
  client: pg.Client,
  jetStream: JetStreamClient,
  { outbox, logger }: RelayOptions,
): Promise<'more' | 'empty' | 'refused'> {
  const { rows } = await client.query<OutboxRow>(
    `SELECT sequence, envelope FROM outbox
     WHERE published_at IS NULL AND (next_attempt_at IS NULL OR next_attempt_at <= now())
     ORDER BY sequence LIMIT ${batchSize}`,
  );
  if (rows.length === 0) return 'empty';
  const results = await Promise.allSettled(rows.map((row) => publish(jetStream, row)));
  const published = rows.filter((_row, index) => results[index]?.status === 'fulfilled');
  await markPublished(client, published);
  const lastSequence = Math.max(
    0,
    ...results.map((result) => (result.status === 'fulfilled' ? result.value : 0)),
  );
  if (lastSequence > 0) await rememberStream(client, streamOf(outbox.publisher), lastSequence);
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ row: rows[index] as OutboxRow, error: result.reason as unknown }] : [],
  );
  if (failures.length === 0) return rows.length === batchSize ? 'more' : 'empty';
  logger.warn(
    { error: failures[0]?.error, failed: failures.length },
    'events could not be published; trying again',
  );
  await postponeRefused(client, failures);
  return 'refused';
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

async function markPublished(client: pg.Client, rows: OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query('UPDATE outbox SET published_at = now() WHERE sequence = ANY($1::bigint[])', [
    rows.map(({ sequence }) => sequence),
  ]);
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
