import type { EventDefinition, Publisher } from '@agora/contracts';
import { type Broker } from '@agora/messaging';
import { tailStream, type Tail, type TailedEvent } from '@agora/messaging/reading';
import type { Logger } from '@agora/process';
import { createHistory, type Fact, type History, type Place } from './history.js';

/** How many facts are kept to resume from, and may wait to be sent; about as many bytes as a few posts each. */
const depth = 20_000;

/** A stream that the live feed follows. */
export interface Source<Kept extends Fact> extends Tail {
  readonly history: History<Kept>;
  /** Received and not sent yet, in order; replaced by a new array when these need not be sent any more. */
  pending(): Kept[];
  /** Everything up to here was sent. */
  sent(): Place;
  /** Removes these from the pending ones. */
  markSent(facts: readonly Kept[]): void;
}

export interface FollowFactsOptions<Data, Kept extends Fact> {
  broker: Broker;
  publisher: Publisher;
  events: readonly EventDefinition<Data>[];
  factOf(event: TailedEvent<Data>, fact: Fact): Kept;
  received(): void;
  /** Something was or may have been missed: the stream was made anew, or too much came at a time. */
  lost(): void;
  logger: Logger;
}

/** Follows the events of one publisher and keeps what they say of posts. */
export function followFacts<Data extends { post_id: number }, Kept extends Fact>(
  options: FollowFactsOptions<Data, Kept>,
): Source<Kept> {
  const { factOf, received, lost } = options;
  const history = createHistory<Kept>(depth);
  let pending: Kept[] = [];
  const forget = () => {
    pending = [];
    lost();
  };
  const tail = tailStream<Data>({
    ...options,
    depth,
    begin(sequence) {
      // The mark of no event.
      history.begin({ sequence, mark: '00000000' });
      forget();
    },
    hear(event) {
      const { sequence, id, data } = event;
      const fact = factOf(event, {
        sequence,
        mark: id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18),
        postId: data.post_id,
      });
      history.add(fact);
      pending.push(fact);
      if (pending.length > depth) forget();
      received();
    },
  });
  return {
    ...tail,
    history,
    pending: () => pending,
    sent: () => (pending[0] ? history.placeAt(pending[0].sequence - 1) : history.end()),
    markSent(facts) {
      const sent = new Set(facts);
      pending = pending.filter((fact) => !sent.has(fact));
    },
  };
}
