import { loop, type Stoppable, type Turn } from '@agora/process';
import { AckPolicy, type ConsumerConfig, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import type { Broker } from '../nats/broker.js';
import type { Logger } from '../logger.js';
import { asking, endWhenSilent } from '../nats/streams.js';

/** What a process reads for itself alone: nothing is acknowledged, and the server forgets that it was read. */
export interface ReadOptions {
  broker: Broker;
  stream: string;
  /** Where to begin, such as a `deliver_policy`. */
  start: Partial<ConsumerConfig>;
  take(message: JsMsg): void;
  /** Called whenever the stream has been read to its end. */
  caughtUp(): void;
  /** Called before anything is taken; what it throws ends the reading. */
  reading?(reader: StreamReader): void;
}

export interface StreamReader {
  /** When reading began, by the clock of the server. */
  createdAt: string;
  /** Asks the server, while the stream is read, whether all that it holds has been taken. */
  isAtEnd(): Promise<boolean>;
}

/** Reads a stream until `stopped`, until the connection breaks or until the server falls silent; rejects when the stream or the consumer goes. */
export async function readStream(options: ReadOptions, { signal: stopped, progressed }: Turn): Promise<void> {
  const { broker, stream, start, take, caughtUp, reading } = options;
  const { client, manager } = await broker.jetStream();
  const added = await manager.consumers.add(stream, {
    name: `follower-${randomUUID()}`,
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(60_000),
    mem_storage: true,
    ...start,
  });
  const { name } = added;
  let taken = added.delivered.stream_seq;
  const isAtEnd = async () => {
    const { num_pending: pending, delivered } = await manager.consumers.info(stream, name);
    return pending === 0 && delivered.stream_seq <= taken;
  };
  reading?.({ createdAt: added.created, isAtEnd });
  if (added.num_pending === 0) caughtUp();
  const consumer = await client.consumers.get(stream, name);
  const messages = await consumer.consume({ ...asking, max_messages: 500 });
  void endWhenSilent(messages, progressed);
  // What was on its way when a connection broke is lost: without acknowledgements only reading again finds it.
  const stop = () => messages.stop();
  const forget = broker.onReconnect(stop);
  stopped.addEventListener('abort', stop);
  if (stopped.aborted) stop();
  try {
    for await (const message of messages) {
      take(message);
      progressed();
      taken = message.seq;
      if (message.info.pending === 0) caughtUp();
    }
  } finally {
    forget();
    stopped.removeEventListener('abort', stop);
    // Not awaited: the node that kept it may be gone, and reading must go on elsewhere.
    manager.consumers.delete(stream, name).catch(() => false);
  }
}

/** Calls `read` again and again, whatever becomes of it, until what it returns is stopped. */
export const keepReading = (stream: string, logger: Logger, read: (turn: Turn) => Promise<void>): Stoppable =>
  // Not vital: followers of a stream notice missing messages themselves.
  loop(`reading ${stream}`, read, {
    isVital: false,
    maxBackoffMilliseconds: 500,
    logger,
  });
