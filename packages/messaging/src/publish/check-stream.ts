import { JetStreamApiError, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import { delay } from '@agora/process';
import { defineFenced, jetStreamOf, runFenced, type RelayContext } from './relay-context.js';
import { defineStatement, queryPool } from '../statements.js';
import { measureStream } from '../metrics.js';
import { ensureStream } from '../nats/streams.js';

/** The stream as it was last published to. */
interface Known {
  last_sequence: string;
  /** Null when it was noted by the release before. */
  last_event_id: string | null;
  /** Seconds since then. */
  age: number | null;
}

/** A node that has just become the leader may not know yet all that its stream holds. */
const secondLookMilliseconds = 1_000;
const noSuchStream = 10_059;

/** The last sequence of the stream that the database knows; 0 when nothing was published yet. */
export async function readLastSequence(context: RelayContext): Promise<number> {
  const known = await readKnown(context);
  return Number(known?.last_sequence ?? 0);
}

export interface StreamCheck {
  info: StreamInfo;
  hasLost: boolean;
}

/**
 * Creates the stream if it is missing, and compares it with what was last published to it. A stream that is shorter, or that holds another event at that
 * place, has lost acknowledged messages (a wiped disk, a restored backup). `isShort` says that this is known already.
 */
export async function checkStream(context: RelayContext, isShort: boolean): Promise<StreamCheck> {
  const { manager } = await jetStreamOf(context);
  // Before the stream, which gets on meanwhile.
  const known = await readKnown(context);
  const info = await findOrMakeStream(manager, context);
  measureStream(info);
  if (!known) {
    await remember(context, info);
    return { info, hasLost: false };
  }
  if (isShort) return { info, hasLost: true };
  if (!(await hasLost(manager, known, info))) return { info, hasLost: false };
  await delay(secondLookMilliseconds, context.lease.signal);
  const later = await manager.streams.info(context.stream);
  return { info: later, hasLost: await hasLost(manager, known, later) };
}

/** Looked up first: creating a stream needs a majority of the cluster even if it exists. */
async function findOrMakeStream(
  manager: JetStreamManager,
  { broker, publisher, partition, stream }: RelayContext,
): Promise<StreamInfo> {
  try {
    return await manager.streams.info(stream);
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === noSuchStream)) throw error;
    return ensureStream(manager, publisher, broker.settings, partition);
  }
}

const lastKnown = defineStatement(
  'published-stream',
  `SELECT last_sequence, last_event_id, extract(epoch FROM now() - last_published_at)::float8 AS age
   FROM published_streams WHERE stream = $1`,
);

async function readKnown({ database, stream }: RelayContext): Promise<Known | undefined> {
  const { rows } = await queryPool<Known>(database, lastKnown, [stream]);
  return rows[0];
}

/** When a stream was made says nothing: the nodes of a cluster differ in it. */
async function hasLost(
  manager: JetStreamManager,
  { last_sequence: last, last_event_id: eventId, age }: Known,
  { config, state }: StreamInfo,
): Promise<boolean> {
  const sequence = Number(last);
  if (state.last_seq < sequence) return true;
  if (sequence === 0 || eventId === null) return false;
  const message =
    sequence < state.first_seq ? null : await manager.streams.getMessage(config.name, { seq: sequence });
  if (message) return message.header.get('Nats-Msg-Id') !== eventId;
  // The message is gone: it has expired, or was lost with the messages around it.
  const maxAgeSeconds = config.max_age / 1e9;
  return maxAgeSeconds === 0 || (age ?? 0) < maxAgeSeconds * 0.9;
}

const rememberStream = defineFenced(
  'remember-stream',
  3,
  `remembered AS (
     INSERT INTO published_streams (stream, created, last_sequence)
     SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM held) ON CONFLICT (stream) DO NOTHING
   )`,
);

async function remember(context: RelayContext, { created, state }: StreamInfo): Promise<void> {
  await runFenced(context, rememberStream, [context.stream, String(created), state.last_seq]);
}

const begin = defineFenced(
  'begin-republishing',
  3,
  `begun AS (
     UPDATE published_streams SET created = $2, last_sequence = $3, last_event_id = NULL, last_published_at = NULL,
            republish_after = 0, republish_until = (SELECT max(sequence) FROM outbox), republish_since = NULL
     WHERE stream = $1 AND EXISTS (SELECT FROM held)
   )`,
);

/** Has all that the outbox holds now published again, which consumers apply once: what is acknowledged and not yet marked as published may be lost too. */
export async function beginRepublishing(
  context: RelayContext,
  { created, state }: StreamInfo,
): Promise<void> {
  await runFenced(context, begin, [context.stream, String(created), state.last_seq]);
}
