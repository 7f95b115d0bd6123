import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { EventDefinition, Publisher } from '@agora/contracts';
import type { Broker } from '../broker.js';
import type { Logger } from '../logger.js';
import { readEnvelope } from '../read-envelope.js';
import { keepReading, readStream } from './read-stream.js';
import { streamOf } from '../streams.js';

/** An event and where it stands in its stream. */
export interface TailedEvent<Data> {
  sequence: number;
  id: string;
  type: string;
  data: Data;
}

export interface TailOptions<Data> {
  broker: Broker;
  publisher: Publisher;
  events: readonly EventDefinition<Data>[];
  /** How many of the newest messages are read at first. */
  depth: number;
  /**
   * From the message after `sequence` on, all events come; what was heard before is of another stream, or does not join on.
   * `stream` tells this stream from others that had its name.
   */
  begin(sequence: number, stream: string): void;
  hear(event: TailedEvent<Data>): void;
  logger: Logger;
}

export interface Tail {
  /** Whether all that the stream held when it was first read has been heard. */
  isCaughtUp(): boolean;
  stop(): Promise<void>;
}

/** Reads the newest messages of a stream and then whatever is published, each once and in order; after a break it goes on where it was. */
export function tailStream<Data>(options: TailOptions<Data>): Tail {
  const { broker, publisher, events, depth, begin, hear, logger } = options;
  const byType = new Map(events.map((event): [string, EventDefinition<Data>] => [event.type, event]));
  let isCaughtUp = false;
  let stream: string | undefined;
  let last = 0;
  const take = (message: JsMsg) => {
    last = message.seq;
    const event = byType.get(message.subject);
    if (event) hand(message, event, hear, logger);
  };
  const { stop } = keepReading(publisher, logger, async (stopped) => {
    const { created, state } = await lookAt(broker, publisher);
    const joinsOn = stream === created && state.first_seq <= last + 1 && last <= state.last_seq;
    if (!joinsOn) {
      last = Math.max(state.first_seq - 1, state.last_seq - depth, 0);
      begin(last, created);
    }
    stream = created;
    const start = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: last + 1 };
    await readStream({ broker, publisher, start, take, caughtUp: () => (isCaughtUp = true) }, stopped);
  });
  return { isCaughtUp: () => isCaughtUp, stop };
}

/** When a stream was made, which two of one name never were at the same nanosecond, and what it holds. */
async function lookAt(broker: Broker, publisher: Publisher) {
  const { manager } = await broker.jetStream();
  const { created, state } = await manager.streams.info(streamOf(publisher));
  return { created, state };
}

function hand<Data>(
  message: JsMsg,
  event: EventDefinition<Data>,
  hear: TailOptions<Data>['hear'],
  logger: Logger,
): void {
  try {
    const { id, type, data } = readEnvelope(message, event);
    hear({ sequence: message.seq, id, type, data });
  } catch (error) {
    // The consumer that applies it to the database is who gives it up, and says so as an error.
    logger.warn({ error, subject: message.subject }, 'event that cannot be read was passed over');
  }
}
