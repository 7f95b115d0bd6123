import type { JsMsg } from '@nats-io/jetstream';
import type { Envelope } from '@agora/contracts';
import { timeOfId } from '../retain/event-ids.js';
import { inboxDays } from '../retention.js';
import { applyOnce, subscriptionsByType, type ApplyOptions, type Reaction } from './apply.js';
import { recordFailure } from './dead-letters.js';
import type { Logger } from '../logger.js';
import { countRedelivery, observeApplied } from '../metrics.js';
import { readEnvelope } from '../envelope.js';
import { typeOfSubject } from '../partitions.js';
import { traceApplying } from '../tracing.js';

export interface ProcessorOptions extends ApplyOptions {
  logger: Logger;
  /** Whether an error is the database's being away, which is no message's fault. */
  isTransient(error: unknown): boolean;
}

interface Received extends Reaction {
  message: JsMsg;
}

/** Makes the function that applies a batch of messages: each at least once delivered, each once applied, each acknowledged after the commit. */
export function createProcessor(options: ProcessorOptions): (messages: JsMsg[]) => Promise<void> {
  const byType = subscriptionsByType(options.subscriptions);

  return async (messages) => {
    const received: Received[] = [];
    for (const message of messages) {
      const type = typeOfSubject(message.subject);
      const known = byType.get(type);
      if (!known) {
        message.ack();
        continue;
      }
      if (message.redelivered) countRedelivery(type);
      try {
        const envelope = readEnvelope(message, known.event);
        refuseForgotten(envelope);
        received.push({ message, envelope, subscription: known.subscription });
      } catch (error) {
        await deadLetter(message, error, options);
      }
    }
    for (const batch of batchesOf(received)) await applyAll(batch, options);
  };
}

/** Refuses an event that is so old that the inbox may have forgotten it (by the time in the id): an operator must decide. */
function refuseForgotten({ id, time }: Envelope<never>): void {
  const oldest = Math.min(Date.parse(time), timeOfId(id) || Infinity);
  if (oldest < Date.now() - (inboxDays - 1) * 86_400_000)
    throw new Error(
      `the event is of ${new Date(oldest).toISOString()}, older than the inbox remembers; retry it if it was never applied`,
    );
}

/** Split so that no transaction is too long. */
function batchesOf(received: Received[]): Received[][] {
  const batches: Received[][] = [];
  for (const each of received) {
    const last = batches.at(-1);
    const limit = Math.min(each.subscription.atOnce, last?.[0]?.subscription.atOnce ?? 0);
    if (last && last.length < limit) last.push(each);
    else batches.push([each]);
  }
  return batches;
}

/** Applies the whole batch in one transaction; when that fails, each message alone, so that a bad one does not block the others. */
async function applyAll(received: Received[], options: ProcessorOptions): Promise<void> {
  const events = received.map(({ message, envelope }) => ({
    envelope,
    traceparent: message.headers?.get('traceparent'),
  }));
  try {
    await traceApplying(events, () => applyBatch(received, options));
  } catch (error) {
    const [only] = received;
    if (options.isTransient(error)) for (const { message } of received) message.nak(retryMilliseconds());
    else if (received.length === 1 && only) await retryLater(only, error, options);
    else for (const each of received) await applyAll([each], options);
  }
}

const retryMilliseconds = (attempts = 1) => Math.min(2 ** attempts * 250, 30_000) * (0.5 + Math.random());

async function applyBatch(received: Received[], options: ProcessorOptions): Promise<void> {
  const unfinished = await applyOnce(received, options);
  for (const { message, envelope } of received) {
    if (unfinished.has(envelope.id)) {
      message.working();
      continue;
    }
    message.ack();
    observeApplied(envelope);
  }
  for (const each of received.filter(({ envelope }) => unfinished.has(envelope.id)))
    await applyAll([each], options);
}

async function retryLater(
  { message, envelope }: Received,
  error: unknown,
  options: ProcessorOptions,
): Promise<void> {
  const { attempts, dead } = await recordFailure(
    options.database,
    letterOf(message, envelope.id),
    error,
    false,
  );
  if (dead) {
    options.logger.error({ error, event_id: envelope.id, subject: message.subject }, 'event dead-lettered');
    message.term();
  } else {
    options.logger.warn({ error, event_id: envelope.id, attempts }, 'event failed, retrying later');
    message.nak(retryMilliseconds(attempts));
  }
}

async function deadLetter(
  message: JsMsg,
  error: unknown,
  { database, logger }: ProcessorOptions,
): Promise<void> {
  const { stream, streamSequence, timestampNanos } = message.info;
  const messageId = message.headers?.get('Nats-Msg-Id') || `${stream}/${streamSequence}@${timestampNanos}`;
  await recordFailure(database, letterOf(message, messageId), error, true);
  logger.error({ error, message_id: messageId, subject: message.subject }, 'unreadable event dead-lettered');
  message.term();
}

const letterOf = (message: JsMsg, messageId: string) => ({
  messageId,
  // A retry does not depend on the partition.
  subject: typeOfSubject(message.subject),
  body: message.string(),
});
