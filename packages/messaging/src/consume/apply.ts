import type { Envelope, EventDefinition } from '@agora/contracts';
import type { Sequelize } from 'sequelize';
import { forgetFailures, recordInInbox, removeFromInbox } from './inbox.js';
import type { Correlation } from '../logger.js';
import { type SubscribedEvent, type Subscription, publisherOf } from './subscriptions.js';
import { envelopeOf, readEnvelope } from '../envelope.js';

export interface ApplyOptions {
  subscriptions: readonly Subscription[];
  database: Sequelize;
  correlation: Correlation;
}

/** An event, and what reacts to it. */
export interface Reaction {
  envelope: Envelope<never>;
  subscription: Subscription;
}

/** What reacts to an event of a type, and how its data must look. */
export const subscriptionsByType = (
  subscriptions: readonly Subscription[],
): Map<string, { subscription: Subscription; event: SubscribedEvent }> =>
  new Map(
    subscriptions.flatMap((subscription) =>
      subscription.events.map((event) => [event.type, { subscription, event }] as const),
    ),
  );

/**
 * Applies events that were not applied before and records them, in one transaction; whatever failed of them earlier, also under
 * `letterId`, is forgotten with it. Returns the ids of those that need another transaction.
 */
export async function applyOnce(
  reactions: Reaction[],
  { database, correlation }: ApplyOptions,
  letterId?: string,
): Promise<Set<string>> {
  const [first] = reactions;
  const requestId = reactions.length === 1 ? first?.envelope.requestid : undefined;
  return correlation.run(requestId, () =>
    database.transaction(async (transaction) => {
      const ids = reactions.map(({ envelope }) => envelope.id);
      const { fresh, haveFailed } = await recordInInbox(database, ids, transaction);
      const unfinished: string[] = [];
      // A message that is twice in one batch is applied once.
      for (const run of runsOf(reactions.filter(({ envelope }) => fresh.delete(envelope.id)))) {
        unfinished.push(...(await run.subscription.apply(run.envelopes, transaction)));
      }
      await removeFromInbox(database, unfinished, transaction);
      const left = new Set(unfinished);
      const finished = ids.filter((id) => !left.has(id));
      if (letterId && left.size === 0) finished.push(letterId);
      if (haveFailed || letterId) await forgetFailures(database, finished, transaction);
      return left;
    }),
  );
}

/** Neighbours of one subscription go to it together, so order is kept. */
function runsOf(reactions: Reaction[]): { subscription: Subscription; envelopes: Envelope<never>[] }[] {
  const runs: { subscription: Subscription; envelopes: Envelope<never>[] }[] = [];
  for (const { subscription, envelope } of reactions) {
    const last = runs.at(-1);
    if (last?.subscription === subscription) last.envelopes.push(envelope);
    else runs.push({ subscription, envelopes: [envelope] });
  }
  return runs;
}

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

/** Applies a fact as its event would, without an event. */
export async function applyFact<Data>(
  event: EventDefinition<Data>,
  data: Data,
  options: ApplyOptions,
): Promise<void> {
  const { correlation } = options;
  const envelope = envelopeOf(event, data, { publisher: publisherOf(event), correlation });
  await applyMessage({ subject: event.type, body: JSON.stringify(envelope) }, options);
}
