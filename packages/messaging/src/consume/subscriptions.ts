import type { Envelope, EventDefinition, Publisher } from '@agora/contracts';
import type { Transaction } from 'sequelize';

/** What a reaction returns when one transaction was not enough: its work so far is committed, and it is called again. */
export const continueLater = Symbol('continue later');
export type Outcome = void | typeof continueLater;

/** What the runtime needs to know of an event. */
export interface SubscribedEvent {
  readonly type: string;
  readonly schema: { validate(data: unknown): { error?: Error | undefined } };
}

/** One reaction of a service to an event; the runtime owns inbox, acknowledgement and transaction. */
export interface Subscription {
  readonly events: readonly SubscribedEvent[];
  /** How many events one transaction applies at most. */
  readonly atOnce: number;
  /** Applies events in the order they came; returns the ids of those that must be called again. */
  apply(envelopes: readonly Envelope<never>[], transaction: Transaction): Promise<string[]>;
}

/** Few, because a transaction locks the rows that it changes until its end, and requests wait for them at most a second. */
const oneByOne = 20;

/**
 * Reacts to one event at a time, in the transaction that records it as applied. An event is delivered at least once and takes effect
 * once, but events may arrive in another order than they were published.
 */
export function on<Data>(
  event: EventDefinition<Data>,
  handler: (data: Data, transaction: Transaction) => Promise<Outcome>,
): Subscription {
  return {
    events: [event],
    atOnce: oneByOne,
    async apply(envelopes: readonly Envelope<Data>[], transaction: Transaction) {
      const unfinished: string[] = [];
      for (const { id, data } of envelopes) {
        if ((await handler(data, transaction)) === continueLater) unfinished.push(id);
      }
      return unfinished;
    },
  };
}

/** Reacts to several events of the same shape together: all that arrived while the last batch was applied. */
export function onBatch<Data>(
  events: readonly EventDefinition<Data>[],
  handler: (envelopes: readonly Envelope<Data>[], transaction: Transaction) => Promise<void>,
): Subscription {
  return {
    events,
    // All together take one statement.
    atOnce: Infinity,
    async apply(envelopes: readonly Envelope<Data>[], transaction: Transaction) {
      await handler(envelopes, transaction);
      return [];
    },
  };
}

/** The services whose events are subscribed to. */
export const publishersOf = (subscriptions: readonly Subscription[]): Publisher[] => [
  ...new Set(subscriptions.flatMap(({ events }) => events.map(publisherOf))),
];

/** The service that publishes an event. */
export const publisherOf = (event: { readonly type: string }): Publisher =>
  event.type.split('.', 1)[0] as Publisher;
