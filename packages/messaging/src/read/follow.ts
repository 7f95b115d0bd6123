import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import type { Broker } from '../nats/broker.js';
import { readEnvelope } from '../envelope.js';
import { streamOf, typeOfSubject } from '../partitions.js';
import { readPartitions } from './read-partitions.js';
import { keepReading, readStream, type StreamReader } from './read-stream.js';
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
  /** Whether everything that the streams held at the first read has been seen. */
  isCaughtUp(): boolean;
  /** Asks NATS whether all that the streams hold now has been seen; rejects when it does not answer. */
  isAtEnd(): Promise<boolean>;
  stop(): Promise<void>;
}

/** How far the clocks of this process and of NATS may differ before it matters where reading begins. */
const skewMilliseconds = 30_000;

/**
 * Reads the recent past of a publisher's streams and then whatever is published, in every process that calls it. After a break of the
 * connection it reads the recent past again, so followers see events more than once.
 */
export function followStream(options: FollowOptions): Following {
  const { readers, areFound, find, stop } = readPartitions(options, (partition) =>
    followPartition(streamOf(options.publisher, partition), options),
  );
  return {
    isCaughtUp: () => areFound() && [...readers().values()].every((reader) => reader.isCaughtUp()),
    async isAtEnd() {
      await find();
      const atEnd = await Promise.all([...readers().values()].map((reader) => reader.isAtEnd()));
      return atEnd.every(Boolean);
    },
    stop,
  };
}

function followPartition(stream: string, { broker, seconds, followers, logger }: FollowOptions): Following {
  let isCaughtUp = false;
  let isAtEnd: (() => Promise<boolean>) | undefined;
  /** How far the clock of NATS, which dates the messages, is ahead. */
  let skew = 0;
  const { stop } = keepReading(stream, logger, async (turn) => {
    const start = {
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: new Date(Date.now() + skew - seconds * 1_000).toISOString(),
    };
    const take = (message: JsMsg) => {
      const follower = followers.find(({ event }) => event.type === typeOfSubject(message.subject));
      if (follower) handOver(message, follower, logger);
    };
    const reading = (reader: StreamReader) => {
      const ahead = Date.parse(reader.createdAt) - Date.now();
      const hasBegunRight = Math.abs(ahead - skew) < skewMilliseconds;
      skew = ahead;
      if (!hasBegunRight)
        throw new Error('the clocks of this process and of NATS differ; reading by that of NATS');
      isAtEnd = reader.isAtEnd;
    };
    try {
      await readStream({ broker, stream, start, take, caughtUp: () => (isCaughtUp = true), reading }, turn);
    } finally {
      isAtEnd = undefined;
    }
  });
  return { isCaughtUp: () => isCaughtUp, isAtEnd: async () => (await isAtEnd?.()) ?? false, stop };
}

function handOver(message: JsMsg, follower: Follower<never>, logger: Logger): void {
  try {
    const { data, time } = readEnvelope(message, follower.event);
    follower.follow(data, new Date(time));
  } catch (error) {
    logger.error({ error, subject: message.subject }, 'skipped an event that cannot be read');
  }
}
