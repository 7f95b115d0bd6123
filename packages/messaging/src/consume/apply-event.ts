import type { EventDefinition } from '@agora/contracts';
import { applyOnce, subscriptionsByType, type ApplyOptions } from './apply.js';
import { envelopeOf } from '../publish/outbox.js';
import { readEnvelope } from '../read-envelope.js';
import { publisherOf } from './subscriptions.js';

/**
 * Applies a message as a consumer would, without the broker: once, with its inbox row, in as many transactions as it needs. Throws what
 * the reaction throws, and when the message is none that the service reacts to.
 */
export async function applyMessage(
  message: { subject: string; body: string },
  options: ApplyOptions,
  letterId?: string,
): Promise<void> {
  const known = subscriptionsByType(options.subscriptions).get(message.subject);
  if (!known) throw new Error(`nothing here reacts to ${message.subject}`);
  const { subject, body } = message;
  const envelope = readEnvelope({ subject, json: () => JSON.parse(body) as unknown }, known.event);
  let unfinished: Set<string>;
  do unfinished = await applyOnce([{ envelope, subscription: known.subscription }], options, letterId);
  while (unfinished.size > 0);
}

/** Applies what an event would tell, though nobody has published one. */
export async function applyFact<Data>(
  event: EventDefinition<Data>,
  data: Data,
  options: ApplyOptions,
): Promise<void> {
  const { correlation } = options;
  const envelope = envelopeOf(event, data, { publisher: publisherOf(event), correlation });
  await applyMessage({ subject: event.type, body: JSON.stringify(envelope) }, options);
}
