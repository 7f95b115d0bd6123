/** Finds the partitions of a publisher in NATS, and reads all of them (docs/decisions/0074-event-partitions.md). */
import type { Publisher } from '@agora/contracts';
import { delay, loop, type Stoppable } from '@agora/process';
import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import type { Broker } from '../nats/broker.js';
import type { Logger } from '../logger.js';
import { maxPartitions, streamOf, streamsOf } from '../partitions.js';

/** How soon a new partition is read. */
const lookMilliseconds = 1_000;
const noSuchStream = 10_059;
const noSuchConsumer = 10_014;

/** How many partitions of each publisher had streams when NATS was last asked, within the last second. */
const looks = new WeakMap<Broker, Map<Publisher, { at: number; known: number; found: Promise<number> }>>();

/**
 * How many partitions of a publisher have streams, at least 1. Their numbers have no gaps, so only the next unknown one is looked up,
 * by asking for a `consumer` that the process has the right to ask for. Rejects when NATS gives no answer.
 */
export function countPartitions(broker: Broker, publisher: Publisher, consumer: string): Promise<number> {
  const byPublisher =
    looks.get(broker) ?? new Map<Publisher, { at: number; known: number; found: Promise<number> }>();
  looks.set(broker, byPublisher);
  const last = byPublisher.get(publisher);
  if (last && performance.now() - last.at < lookMilliseconds * 0.9) return last.found;
  const known = last?.known ?? 1;
  const found = broker
    .jetStream()
    .then(({ manager }) =>
      countFrom(known, (partition) => isThere(manager, streamOf(publisher, partition), consumer)),
    );
  const look = { at: performance.now(), known, found };
  byPublisher.set(publisher, look);
  found.then(
    (count) => (look.known = count),
    () => (look.at = -Infinity),
  );
  return found;
}

async function countFrom(known: number, exists: (partition: number) => Promise<boolean>): Promise<number> {
  let count = known;
  while (count < maxPartitions && (await exists(count))) count += 1;
  return count;
}

async function isThere(manager: JetStreamManager, stream: string, consumer: string): Promise<boolean> {
  try {
    await manager.consumers.info(stream, consumer);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === noSuchConsumer) return true;
    // A server whose permissions predate partitions refuses to answer about them.
    if (isNoStream(error) || error instanceof errors.PermissionViolationError) return false;
    throw error;
  }
}

const isNoStream = (error: unknown) => error instanceof JetStreamApiError && error.code === noSuchStream;

/** The existing streams of a publisher, including partition 0; needs the administrator of the streams. */
export async function findStreams(manager: JetStreamManager, publisher: Publisher): Promise<string[]> {
  const count = await countFrom(1, (partition) =>
    manager.streams.info(streamOf(publisher, partition)).then(
      () => true,
      (error: unknown) => {
        if (isNoStream(error)) return false;
        throw error;
      },
    ),
  );
  return streamsOf(publisher, count);
}

/** What reads all partitions of a publisher. */
export interface PartitionReaders<Reader> extends Stoppable {
  /** One for each partition that is known, by its number. */
  readers(): ReadonlyMap<number, Reader>;
  /** Whether it is known which partitions there are. */
  areFound(): boolean;
  /** Looks which there are now. Rejects when NATS does not say. */
  find(): Promise<void>;
}

interface ReadingOptions {
  broker: Broker;
  publisher: Publisher;
  logger: Logger;
  /** A partition that the process may ask about; followers of a stream may ask about any. */
  consumer?: string;
}

/** Starts a reader for each partition of a publisher: for 0 at once, and for the others as soon as they have streams. */
export function readPartitions<Reader extends Stoppable>(
  { broker, publisher, logger, consumer = 'nobody' }: ReadingOptions,
  start: (partition: number) => Reader,
): PartitionReaders<Reader> {
  const readers = new Map([[0, start(0)]]);
  let areFound = false;
  let isStopped = false;
  const find = async () => {
    const count = await countPartitions(broker, publisher, consumer);
    while (!isStopped && readers.size < count) readers.set(readers.size, start(readers.size));
    areFound = true;
  };
  // Not vital: while NATS is away, the readers report it themselves.
  const finding = loop(
    `partitions of ${publisher}`,
    async ({ signal, progressed }) => {
      while (!signal.aborted) {
        await find();
        progressed();
        await delay(lookMilliseconds, signal);
      }
    },
    { isVital: false, maxBackoffMilliseconds: lookMilliseconds, logger },
  );
  return {
    readers: () => readers,
    areFound: () => areFound,
    find,
    async stop() {
      isStopped = true;
      await Promise.all([finding, ...readers.values()].map((each) => each.stop()));
    },
  };
}
