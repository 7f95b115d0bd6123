import type { JsMsg } from '@nats-io/jetstream';
import type { Envelope } from '@agora/contracts';
import type { Sequelize } from 'sequelize';
import { forgetFailures, recordFailure } from './dead-letters.js';
import { recordInInbox, removeFromInbox } from './inbox.js';
import type { Correlation, Logger } from './logger.js';
import { readEnvelope } from './read-envelope.js';
import type { Subscription } from './subscriptions.js';

export interface ProcessorOptions {
  subscriptions: readonly Subscription[];
  database: Sequelize;
  logger: Logger;
  correlation: Correlation;
  /** Whether an error is the database's being away, which is no message's fault. */
  isTransient(error: unknown): boolean;
}

interface Received {
  message: JsMsg;
  envelope: Envelope<never>;
  subscription: Subscription;
}

/** Makes the function that applies a batch of messages: each at least once delivered, each once applied, each acknowledged after the commit. */
export function createProcessor(options: ProcessorOptions): (messages: JsMsg[]) => Promise<void> {
  const byType = new Map(
    options.subscriptions.flatMap((subscription) =>
      subscription.events.map((event) => [event.type, { subscription, event }] as const),
    ),
  );

  return async (messages) => {
    const received: Received[] = [];
    for (const message of messages) {
      const known = byType.get(message.subject);
      if (!known) {
        message.ack();
        continue;
      }
      try {
        const envelope = readEnvelope(message, known.event);
        received.push({ message, envelope, subscription: known.subscription });
      } catch (error) {
        await giveUp(message, error, options);
      }
    }
    for (const batch of batchesOf(received)) await applyAll(batch, options);
  };
}

/** Cut where more would make a transaction too long. */
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

/** Applies the whole batch in one transaction; when that fails, each message alone, so that one bad one holds up no other. */
async function applyAll(received: Received[], options: ProcessorOptions): Promise<void> {
  try {
    await applyBatch(received, options);
  } catch (error) {
    const [only] = received;
    if (options.isTransient(error)) for (const { message } of received) message.nak(retryMilliseconds());
    else if (received.length === 1 && only) await retryLater(only, error, options);
    else for (const each of received) await applyAll([each], options);
  }
}

const retryMilliseconds = (attempts = 1) => Math.min(2 ** attempts * 250, 30_000) * (0.5 + Math.random());

async function applyBatch(received: Received[], options: ProcessorOptions): Promise<void> {
  const { database, correlation } = options;
  const [first] = received;
  const requestId = received.length === 1 ? first?.envelope.requestid : undefined;
  const unfinished = await correlation.run(requestId, () =>
    database.transaction(async (transaction) => {
      const ids = received.map(({ envelope }) => envelope.id);
      const fresh = await recordInInbox(database, ids, transaction);
      await forgetFailures(database, ids, transaction);
      const again: string[] = [];
      // A message that is twice in one batch is applied once.
      for (const run of runsOf(received.filter(({ envelope }) => fresh.delete(envelope.id)))) {
        again.push(...(await run.subscription.apply(run.envelopes, transaction)));
      }
      await removeFromInbox(database, again, transaction);
      return new Set(again);
    }),
  );
  for (const { message, envelope } of received) {
    if (unfinished.has(envelope.id)) message.working();
    else message.ack();
  }
  for (const each of received.filter(({ envelope }) => unfinished.has(envelope.id)))
    await applyAll([each], options);
}

/** Neighbours of one subscription go to it together, so order is kept. */
function runsOf(received: Received[]): { subscription: Subscription; envelopes: Envelope<never>[] }[] {
  const runs: { subscription: Subscription; envelopes: Envelope<never>[] }[] = [];
  for (const { subscription, envelope } of received) {
    const last = runs.at(-1);
    if (last?.subscription === subscription) last.envelopes.push(envelope);
    else runs.push({ subscription, envelopes: [envelope] });
  }
  return runs;
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
    options.logger.error(
      { error, event_id: envelope.id, subject: message.subject },
      'event given up as dead letter',
    );
    message.term();
  } else {
    options.logger.warn({ error, event_id: envelope.id, attempts }, 'event failed; trying again later');
    message.nak(retryMilliseconds(attempts));
  }
}

async function giveUp(message: JsMsg, error: unknown, { database, logger }: ProcessorOptions): Promise<void> {
  const { stream, streamSequence, timestampNanos } = message.info;
  const messageId = message.headers?.get('Nats-Msg-Id') || `${stream}/${streamSequence}@${timestampNanos}`;
  await recordFailure(database, letterOf(message, messageId), error, true);
  logger.error(
    { error, message_id: messageId, subject: message.subject },
    'unreadable event given up as dead letter',
  );
  message.term();
}

const letterOf = (message: JsMsg, messageId: string) => ({
  messageId,
  subject: message.subject,
  body: message.string(),
});
