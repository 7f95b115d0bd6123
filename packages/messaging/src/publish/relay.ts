import { loop, untilAborted, type Stoppable, type Turn } from '@agora/process';
import type pg from 'pg';
import type { Broker } from '../nats/broker.js';
import { whileHeld } from '../leases.js';
import type { Logger } from '../logger.js';
import { forgetStream } from '../metrics.js';
import { startPurging } from '../retention.js';
import { streamOf } from '../partitions.js';
import { wakeablePause, type WakeablePause } from '../wakeable-pause.js';
import { beginRepublishing, checkStream, readLastSequence, type StreamCheck } from './check-stream.js';
import type { Outbox } from './outbox.js';
import {
  batchSize,
  findUnpublished,
  markMilliseconds,
  markPublished,
  nothingPublished,
  publishRows,
  together,
  type Outcome,
  type Published,
} from './publish-batch.js';
import { answerMilliseconds, openBackgroundPool, type RelayContext } from './relay-context.js';
import { isRepublishing, republishStep } from './republish.js';
import { shareRelays } from './share-relays.js';

export interface RelayOptions {
  outbox: Outbox;
  broker: Broker;
  /** Where the database is: the relay has connections of its own. */
  connection: pg.ClientConfig;
  logger: Logger;
}

/** How often a relay looks for events that another replica has committed; its own wake it at once. */
const pollMilliseconds = 100;
/** How often the stream is compared with what was published to it. */
const checkMilliseconds = 5_000;
const retryMilliseconds = 200;
const probeMilliseconds = 500;
/** After this time without NATS a relay lets another replica try. */
const awayMilliseconds = 3_000;

/**
 * Publishes what the outbox holds, each partition in order, and marks it published once JetStream has acknowledged it. Of all replicas one is active at
 * a time for each partition, by a lease; should two ever be, events are published twice and applied once. Purges outbox and inbox beside it.
 */
export function startRelay(options: RelayOptions): { stop(): Promise<void> } {
  const { outbox, broker, connection, logger } = options;
  const { publisher } = outbox;
  const database = openBackgroundPool(connection, broker.settings.EVENT_PARTITIONS > 1 ? 4 : 2);
  const purging = startPurging(database, logger);
  const relays: { pause: WakeablePause; relaying: Stoppable }[] = [];
  let isStopped = false;
  const need = (partitions: number) => {
    while (!isStopped && relays.length < partitions) relays.push(startPartition(relays.length));
  };
  const share = shareRelays({ database, broker, publisher, logger, need });
  const startPartition = (partition: number) => {
    const stream = streamOf(publisher, partition);
    const pause = wakeablePause();
    const relaying = loop(
      partition === 0 ? `relay of ${publisher}` : `relay of ${stream}`,
      async (turn) => {
        // A process that does not reach NATS must not keep the lease from one that does.
        await untilAborted(broker.jetStream(), turn.signal);
        if (!broker.isConnected()) throw new Error('not connected to NATS');
        const lease = {
          database,
          name: leaseOf(partition),
          seconds: broker.settings.LEASE_SECONDS,
          signal: turn.signal,
          standingBy: turn.progressed,
          claim: share.claim,
        };
        await whileHeld(lease, (held) =>
          relay({ database, broker, publisher, partition, stream, lease: held, logger }, pause, turn),
        );
      },
      { logger, maxBackoffMilliseconds: 1_000 },
    );
    return { pause, relaying };
  };
  need(1);
  outbox.onCommit((partitions) => {
    for (const partition of partitions) relays[partition]?.pause.wake();
  });
  return {
    async stop() {
      isStopped = true;
      await share.stop();
      const stopped = [...relays.map(({ relaying }) => relaying), purging].map((each) => each.stop());
      for (const { pause } of relays) pause.wake();
      await Promise.all(stopped);
      await database.end();
    },
  };
}

const leaseOf = (partition: number): string => (partition === 0 ? 'relay' : `relay ${partition}`);

/** What an active relay keeps in mind between two turns. */
interface State {
  /** Acknowledged by the stream, and not yet marked. */
  unmarked: Published;
  /** The highest place that the stream has acknowledged. */
  lastSequence: number;
  /** Whether it has acknowledged a lower one since, and so has lost messages. */
  isShort: boolean;
  isRepublishing: boolean;
  /** Whether the last batch got no answer: then events are sent one at a time. */
  isUnanswered: boolean;
}

async function relay(context: RelayContext, pause: WakeablePause, turn: Turn): Promise<void> {
  const { lease, logger, stream } = context;
  logger.info({ lease: lease.token, stream }, 'relay active');
  const state: State = {
    unmarked: nothingPublished,
    lastSequence: await readLastSequence(context),
    isShort: false,
    isRepublishing: false,
    isUnanswered: false,
  };
  const checks = streamChecks(context);
  let connectedAt = performance.now();
  lease.signal.addEventListener('abort', pause.wake);
  try {
    while (!lease.signal.aborted && lease.isHeld() && !lease.isSurplus()) {
      if (context.broker.isConnected()) connectedAt = performance.now();
      else if (performance.now() - connectedAt > awayMilliseconds) throw new Error('not connected to NATS');
      const check = checks.next(state);
      if (check) await takeCheck(context, state, check);
      const { isMore, failed } = await publishNext(context, state);
      context.broker.heardOf(!state.isUnanswered);
      if (!state.isUnanswered) turn.progressed();
      if (failed !== 'nothing') await pause.wait(retryMilliseconds);
      else if (!isMore)
        await pause.wait(state.unmarked.since < Infinity ? markMilliseconds : pollMilliseconds);
    }
    await markPublished(context, state.unmarked);
  } finally {
    lease.signal.removeEventListener('abort', pause.wake);
    context.broker.heardOf(true);
    // Another replica may be active now, which knows better.
    forgetStream(context.stream);
  }
}

/** Checks the stream every few seconds while publishing continues, even when the stream cannot be asked; `next` returns each result once. */
function streamChecks(context: RelayContext) {
  let isAsking = false;
  let askedAt = -Infinity;
  let result: StreamCheck | undefined;
  let failures = 0;
  const ask = async (isShort: boolean) => {
    isAsking = true;
    askedAt = performance.now();
    try {
      result = await checkStream(context, isShort);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1)
        context.logger.warn({ error, stream: context.stream }, 'the stream could not be checked, retrying');
    } finally {
      isAsking = false;
    }
  };
  return {
    next({ isShort, isUnanswered }: State): StreamCheck | undefined {
      const pauseMilliseconds =
        isShort || isUnanswered || failures > 0 ? retryMilliseconds : checkMilliseconds;
      if (!isAsking && performance.now() - askedAt > pauseMilliseconds) void ask(isShort);
      const found = result;
      result = undefined;
      return found;
    },
  };
}

/** Between two turns, when nothing is on its way that the stream has acknowledged before it lost messages. */
async function takeCheck(context: RelayContext, state: State, check: StreamCheck): Promise<void> {
  if (check.hasLost) {
    await beginRepublishing(context, check.info);
    state.unmarked = { ...state.unmarked, newest: undefined };
    state.lastSequence = check.info.state.last_seq;
    state.isShort = false;
    context.logger.warn({ stream: context.stream }, 'the stream has lost messages, publishing them again');
  }
  state.isRepublishing = check.hasLost || (await isRepublishing(context));
}

/** Publishes the next new events, and a few of the events to be republished. */
async function publishNext(
  context: RelayContext,
  state: State,
): Promise<{ isMore: boolean; failed: Outcome['failed'] }> {
  const { unmarked } = state;
  const isMarkDue =
    performance.now() - unmarked.since > markMilliseconds || unmarked.sequences.length >= batchSize;
  // A stream without a leader says nothing for seconds: one event at a time finds out soon when it has one.
  const limit = state.isUnanswered ? 1 : batchSize;
  const timeout = state.isUnanswered ? probeMilliseconds : answerMilliseconds;
  const [fresh, again] = await Promise.all([
    findUnpublished(context, unmarked, limit).then((rows) => publishRows(context, rows, timeout)),
    state.isRepublishing ? republishStep(context) : undefined,
    isMarkDue ? markPublished(context, unmarked) : undefined,
  ]);
  state.isRepublishing = again !== undefined;
  state.unmarked = together(isMarkDue ? nothingPublished : unmarked, fresh.published);
  if (again)
    state.unmarked = together(state.unmarked, {
      ...again.published,
      sequences: [],
      added: nothingPublished.added,
    });
  state.isShort ||= Math.min(fresh.oldest, again?.oldest ?? Infinity) <= state.lastSequence;
  state.lastSequence = Math.max(state.lastSequence, state.unmarked.newest?.sequence ?? 0);
  const published = fresh.published.sequences.length;
  state.isUnanswered = fresh.failed === 'unanswered' && published === 0;
  return { isMore: published === limit || again !== undefined, failed: worse(fresh.failed, again?.failed) };
}

const worse = (one: Outcome['failed'], other: Outcome['failed'] = 'nothing') =>
  one === 'nothing' ? other : one;
