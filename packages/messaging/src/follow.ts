import { AckPolicy, DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import { nanos } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { delay, type Broker } from './broker.js';
import { readEnvelope } from './read-envelope.js';
import type { Logger } from './logger.js';
import { streamOf } from './streams.js';
import type { SubscribedEvent } from './subscriptions.js';

/** An event that a process keeps in memory for itself, unlike a subscription, which a service applies once to its database. */
export interface Follower<Data> {
  event: SubscribedEvent & { readonly type: string };
  follow(data: Data, publishedAt: Date): void;
}

export interface FollowOptions {
  broker: Broker;
  publisher: Publisher;
  /** How far back the stream is read at every start, in seconds. */
  seconds: number;
  followers: readonly Follower<never>[];
  logger: Logger;
}

export interface Following {
  /** Whether all that the stream held when it was first read has been seen. */
  isCaughtUp(): boolean;
  stop(): Promise<void>;
}

/**
 * Reads the recent past of a stream and then whatever is published, in every process that calls it. After a break of the
 * connection it reads the recent past again, so followers see events more than once.
 */
export function followStream(options: FollowOptions): Following {
  const stopped = new AbortController();
  let caughtUp = false;
  const running = (async () => {
    for (let quiet = false; !stopped.signal.aborted;) {
      try {
        await follow(options, () => (caughtUp = true), stopped.signal);
        quiet = false;
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (!quiet)
          options.logger.warn(
            { error, stream: streamOf(options.publisher) },
            'cannot follow the stream; trying on',
          );
        quiet = true;
      }
      await delay(250, stopped.signal);
    }
  })();
  return {
    isCaughtUp: () => caughtUp,
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function follow(options: FollowOptions, caughtUp: () => void, stopped: AbortSignal): Promise<void> {
  const { broker, publisher, seconds, followers } = options;
  const { client, manager } = await broker.jetStream();
  const stream = streamOf(publisher);
  const { name, num_pending: pending } = await manager.consumers.add(stream, {
    name: `follower-${randomUUID()}`,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: new Date(Date.now() - seconds * 1_000).toISOString(),
    inactive_threshold: nanos(60_000),
    mem_storage: true,
  });
  if (pending === 0) caughtUp();
  const consumer = await client.consumers.get(stream, name);
  const messages = await consumer.consume({ max_messages: 500, abort_on_missing_resource: true });
  // What was on its way when a connection broke is lost: without acknowledgements only reading again finds it.
  const stop = () => messages.stop();
  const forget = broker.onReconnect(stop);
  stopped.addEventListener('abort', stop);
  try {
    for await (const message of messages) {
      const follower = followers.find(({ event }) => event.type === message.subject);
      if (follower) hand(message, follower, options.logger);
      if (message.info.pending === 0) caughtUp();
    }
  } finally {
    forget();
    stopped.removeEventListener('abort', stop);
    await manager.consumers.delete(stream, name).catch(() => false);
  }
}

function hand(message: JsMsg, follower: Follower<never>, logger: Logger): void {
  try {
    const { data, time } = readEnvelope(message, follower.event);
    follower.follow(data, new Date(time));
  } catch (error) {
    logger.error({ error, subject: message.subject }, 'event that cannot be read was passed over');
  }
}
