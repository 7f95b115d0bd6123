import type { JetStreamManager } from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import { loop } from '@agora/chassis';
import pg from 'pg';
import { delay, type Broker } from '../broker.js';
import type { Logger } from '../logger.js';
import type { Outbox } from './outbox.js';
import { republishIfLost } from './lost-stream.js';
import { markMilliseconds, markPublished, nothingPublished, publishBatch } from './publish-batch.js';
import { purgeOldRows } from '../retention.js';
import { forgetStream, measureStream } from '../metrics.js';
import { ensureStream, streamOf } from '../streams.js';
import { wakeablePause, type WakeablePause } from '../wakeable-pause.js';

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

/**
 * Publishes what the outbox holds, in order, and marks it published once JetStream has acknowledged it. Of all replicas
 * one is active at a time, by a session lock in Postgres; should two ever be, events are published twice and applied once.
 */
export function startRelay(options: RelayOptions): { stop(): Promise<void> } {
  const pause = wakeablePause();
  options.outbox.onCommit(pause.wake);
  const name = `relay of ${options.outbox.publisher}`;
  const running = loop(name, ({ signal }) => relayWhileHealthy(options, pause, signal), {
    logger: options.logger,
    isVital: false,
    maxBackoffMilliseconds: 1_000,
  });
  return {
    async stop() {
      const stopped = running.stop();
      pause.wake();
      await stopped;
    },
  };
}

async function relayWhileHealthy(
  options: RelayOptions,
  pause: WakeablePause,
  stopped: AbortSignal,
): Promise<void> {
  const client = new pg.Client({ ...options.connection, query_timeout: 5_000, keepAlive: true });
  // Without a listener, a connection that breaks while idle ends the process; the next query reports it anyway.
  client.on('error', () => undefined);
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
  const { outbox, broker, logger } = options;
  const { client: jetStream, manager } = await whileNotStopped(broker.jetStream(), stopped);
  const way = { client, jetStream, stream: streamOf(outbox.publisher), logger };
  logger.info('relay active');
  let checkedAt = -Infinity;
  let purgedAt = performance.now();
  let unmarked = nothingPublished;
  while (!stopped.aborted) {
    if (performance.now() - checkedAt > checkMilliseconds) {
      // What a stream has lost since it was published counts as published, or it would not be published again.
      await markPublished(way, unmarked);
      unmarked = nothingPublished;
      await checkStream(client, manager, options);
      checkedAt = performance.now();
    }
    const batch = await publishBatch(way, unmarked);
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
  await markPublished(way, unmarked);
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
