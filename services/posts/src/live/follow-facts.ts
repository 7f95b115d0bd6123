import type { EventDefinition, Publisher } from '@agora/contracts';
import { type Broker } from '@agora/messaging';
import { readPartitions, streamOf, tailStream, type Tail, type TailedEvent } from '@agora/messaging/reading';
import type { Logger, Stoppable } from '@agora/process';
import { beginning, createHistory, type Fact, type Place } from './history.js';

/** How many facts of a stream are kept to resume from, and may wait to be sent; about as many bytes as a few posts each. */
const depth = 20_000;

/** Where the streams of a publisher were read up to, by their partitions. */
export type Places = ReadonlyMap<number, Place>;

/** A publisher whose streams the live feed follows. */
export interface Source<Kept extends Fact> extends Stoppable {
  /** Whether all that the streams held when they were first read has been received. */
  isCaughtUp(): boolean;
  /** Received and not sent yet, in the order of each stream; with a limit some of each. */
  pending(limit?: number): readonly Kept[];
  /** All up to here was sent. */
  sent(): Places;
  /** Removes these from the pending ones. */
  markSent(facts: readonly Kept[]): void;
  /** Whether these places are beyond what was sent here, or received. */
  isBehind(places: Places, upTo: 'sent' | 'received'): boolean;
  /** The facts after some places, `sent` only or all that were received; undefined when a place is unknown here, or was forgotten. */
  since(places: Places, upTo: 'sent' | 'received'): Kept[] | undefined;
}

export interface FollowFactsOptions<Data, Kept extends Fact> {
  broker: Broker;
  publisher: Publisher;
  events: readonly EventDefinition<Data>[];
  factOf(event: TailedEvent<Data>, fact: Fact): Kept;
  received(): void;
  /** Called when events were or may have been missed: the stream was created again, or too many came at once. */
  lost(): void;
  logger: Logger;
}

/** Follows the events of one publisher and keeps what they say of posts. */
export function followFacts<Data extends { post_id: number }, Kept extends Fact>(
  options: FollowFactsOptions<Data, Kept>,
): Source<Kept> {
  const { readers, areFound, stop } = readPartitions(options, (partition) =>
    followStream(streamOf(options.publisher, partition), options),
  );
  const all = () => [...readers()];
  const endOf = (
    { history, sent }: ReturnType<typeof followStream<Data, Kept>>,
    upTo: 'sent' | 'received',
  ) => (upTo === 'sent' ? sent() : history.end());
  return {
    isCaughtUp: () => areFound() && all().every(([, { tail }]) => tail.isCaughtUp()),
    pending: (limit = Infinity) =>
      all().flatMap(([, stream], _n, { length }) => stream.pending().slice(0, Math.ceil(limit / length))),
    sent: () => new Map(all().map(([partition, stream]) => [partition, stream.sent()])),
    markSent(facts) {
      const sent = new Set(facts);
      for (const [, stream] of all()) stream.markSent(sent);
    },
    isBehind: (places, upTo) =>
      [...places].some(([partition, { sequence }]) => {
        const stream = readers().get(partition);
        return sequence > (stream ? endOf(stream, upTo).sequence : 0);
      }),
    since(places, upTo) {
      const found: Kept[] = [];
      for (const [partition, stream] of all()) {
        const after = places.get(partition) ?? beginning;
        const facts = stream.history.between(after, endOf(stream, upTo).sequence);
        if (!facts) return undefined;
        found.push(...facts);
      }
      return found;
    },
    stop,
  };
}

function followStream<Data extends { post_id: number }, Kept extends Fact>(
  stream: string,
  options: FollowFactsOptions<Data, Kept>,
) {
  const { factOf, received, lost } = options;
  const history = createHistory<Kept>(depth);
  let pending: Kept[] = [];
  let hasBegun = false;
  const forget = () => {
    pending = [];
    lost();
  };
  const tail: Tail = tailStream<Data>({
    ...options,
    stream,
    depth,
    begin(sequence) {
      // Nothing came before the first event of a new partition.
      const isNew = sequence === 0 && !hasBegun;
      hasBegun = true;
      history.begin({ ...beginning, sequence });
      if (!isNew) forget();
    },
    receive(event) {
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
    tail,
    history,
    pending: () => pending,
    sent: () => (pending[0] ? history.placeAt(pending[0].sequence - 1) : history.end()),
    markSent(sent: ReadonlySet<Kept>) {
      pending = pending.filter((fact) => !sent.has(fact));
    },
    stop: () => tail.stop(),
  };
}
