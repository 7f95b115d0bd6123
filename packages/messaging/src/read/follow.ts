import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import type { Broker } from '../broker.js';
import { readEnvelope } from '../read-envelope.js';
import { keepReading, readStream } from './read-stream.js';
import type { Logger } from '../logger.js';
import type { SubscribedEvent } from '../consume/subscriptions.js';

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
export function followStream({ broker, publisher, seconds, followers, logger }: FollowOptions): Following {
  let isCaughtUp = false;
  const { stop } = keepReading(publisher, logger, (stopped) => {
    const start = {
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: new Date(Date.now() - seconds * 1_000).toISOString(),
    };
    const take = (message: JsMsg) => {
      const follower = followers.find(({ event }) => event.type === message.subject);
      if (follower) hand(message, follower, logger);
    };
    return readStream({ broker, publisher, start, take, caughtUp: () => (isCaughtUp = true) }, stopped);
  });
  return { isCaughtUp: () => isCaughtUp, stop };
}

function hand(message: JsMsg, follower: Follower<never>, logger: Logger): void {
  try {
    const { data, time } = readEnvelope(message, follower.event);
    follower.follow(data, new Date(time));
  } catch (error) {
    logger.error({ error, subject: message.subject }, 'event that cannot be read was passed over');
  }
}
