import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { EventDefinition } from '@agora/contracts';
import type { Broker } from '../nats/broker.js';
import type { Logger } from '../logger.js';
import { readEnvelope } from '../envelope.js';
import { keepReading, readStream } from './read-stream.js';
import { typeOfSubject } from '../partitions.js';

/** An event and its position in its stream. */
export interface TailedEvent<Data> {
  sequence: number;
  id: string;
  type: string;
  data: Data;
}

export interface TailOptions<Data> {
  broker: Broker;
  stream: string;
  events: readonly EventDefinition<Data>[];
  /** How many of the newest messages are read at the start. */
  depth: number;
  /** Called before the first event: events follow without a gap from the message after `sequence`. Earlier ones belong to another stream, or events between were missed. */
  begin(sequence: number): void;
  receive(event: TailedEvent<Data>): void;
  logger: Logger;
}

export interface Tail {
  /** Whether everything that the stream held at the first read has been seen. */
  isCaughtUp(): boolean;
  stop(): Promise<void>;
}

/** A received message. */
interface Place {
  sequence: number;
  /** The publisher's, unique for each event. */
  messageId: string;
}

const placeOf = (message: JsMsg): Place => ({
  sequence: message.seq,
  messageId: message.headers?.get('Nats-Msg-Id') ?? '',
});

/** Reads the newest messages of a stream and then whatever is published, each once and in order; after an interruption it continues where it was. */
export function tailStream<Data>(options: TailOptions<Data>): Tail {
  const { broker, stream, events, depth, begin, receive, logger } = options;
  const byType = new Map(events.map((event): [string, EventDefinition<Data>] => [event.type, event]));
  let isCaughtUp = false;
  let last: Place | undefined;
  const take = (message: JsMsg) => {
    last = placeOf(message);
    const event = byType.get(typeOfSubject(message.subject));
    if (event) handOver(message, event, receive, logger);
  };
  const { stop } = keepReading(stream, logger, async (turn) => {
    const { state } = await (await broker.jetStream()).manager.streams.info(stream);
    // Reading the last message again proves that this is the same stream. Its creation time does not: the nodes of a cluster disagree on it.
    let expected =
      last && state.first_seq <= last.sequence && last.sequence <= state.last_seq ? last : undefined;
    const before = expected
      ? expected.sequence - 1
      : Math.max(state.first_seq - 1, state.last_seq - depth, 0);
    if (!expected) begin(before);
    const takeNext = (message: JsMsg) => {
      const { sequence, messageId } = placeOf(message);
      const isExpected = sequence === expected?.sequence && messageId === expected.messageId;
      if (expected && !isExpected) {
        last = undefined;
        throw new Error('the stream was created again, or has lost the last message that was read');
      }
      expected = undefined;
      if (!isExpected) take(message);
    };
    const start = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: before + 1 };
    await readStream({ broker, stream, start, take: takeNext, caughtUp: () => (isCaughtUp = true) }, turn);
  });
  return { isCaughtUp: () => isCaughtUp, stop };
}

function handOver<Data>(
  message: JsMsg,
  event: EventDefinition<Data>,
  receive: TailOptions<Data>['receive'],
  logger: Logger,
): void {
  try {
    const { id, type, data } = readEnvelope(message, event);
    receive({ sequence: message.seq, id, type, data });
  } catch (error) {
    // The consumer that applies it to the database dead-letters it, and logs an error.
    logger.warn({ error, subject: message.subject }, 'skipped an event that cannot be read');
  }
}
