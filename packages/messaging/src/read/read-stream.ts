import { AckPolicy, type ConsumerConfig, type JsMsg } from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import { nanos } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { delay, type Broker } from '../broker.js';
import { keepRunning } from '../keep-running.js';
import type { Logger } from '../logger.js';
import { asking, streamOf } from '../streams.js';

/** What a process reads for itself alone: nothing is acknowledged, and the server forgets that it was read. */
export interface ReadOptions {
  broker: Broker;
  publisher: Publisher;
  /** Where to begin, such as a `deliver_policy`. */
  start: Partial<ConsumerConfig>;
  take(message: JsMsg): void;
  /** Called whenever all that the stream held has been taken. */
  caughtUp(): void;
}

/** Reads a stream until `stopped` or until the connection breaks; rejects when the stream or the consumer goes. */
export async function readStream(options: ReadOptions, stopped: AbortSignal): Promise<void> {
  const { broker, publisher, start, take, caughtUp } = options;
  const { client, manager } = await broker.jetStream();
  const stream = streamOf(publisher);
  const { name, num_pending: pending } = await manager.consumers.add(stream, {
    name: `follower-${randomUUID()}`,
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(60_000),
    mem_storage: true,
    ...start,
  });
  if (pending === 0) caughtUp();
  const consumer = await client.consumers.get(stream, name);
  const messages = await consumer.consume({ ...asking, max_messages: 500 });
  // What was on its way when a connection broke is lost: without acknowledgements only reading again finds it.
  const stop = () => messages.stop();
  const forget = broker.onReconnect(stop);
  stopped.addEventListener('abort', stop);
  try {
    for await (const message of messages) {
      take(message);
      if (message.info.pending === 0) caughtUp();
    }
  } finally {
    forget();
    stopped.removeEventListener('abort', stop);
    await manager.consumers.delete(stream, name).catch(() => false);
  }
}

const pauseMilliseconds = 250;

/** Calls `read` again and again, whatever becomes of it, until what it returns is stopped. */
export function keepReading(
  publisher: Publisher,
  logger: Logger,
  read: (stopped: AbortSignal) => Promise<void>,
): { stop(): Promise<void> } {
  return keepRunning(
    async (stopped) => {
      await read(stopped);
      await delay(pauseMilliseconds, stopped);
    },
    {
      failed(error, isRepeated) {
        if (isRepeated) return;
        logger.warn({ error, stream: streamOf(publisher) }, 'cannot follow the stream; trying on');
      },
      pause: () => pauseMilliseconds,
    },
  );
}
