import { loop, within, type Stoppable, type Turn } from '@agora/process';
import { JetStreamApiError, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import type { Subscription } from '@nats-io/transport-node';
import type { Broker } from '../nats/broker.js';
import { noticeGaps } from './notice-gaps.js';
import { createProcessor, type ProcessorOptions } from './processor.js';
import { streamOf } from '../partitions.js';
import { readPartitions } from '../read/read-partitions.js';
import { asking, endWhenSilent, ensureConsumer, maxInFlight } from '../nats/streams.js';
import { publishersOf } from './subscriptions.js';

export interface ConsumersOptions extends ProcessorOptions {
  /** The name of the consuming service, and of its durable consumer on each stream. */
  service: string;
  broker: Broker;
}

/** Starts one durable consumer on each stream of the publishers that the subscriptions name. */
export function startConsumers(options: ConsumersOptions): Stoppable {
  const consumers = publishersOf(options.subscriptions).map((publisher) => readPublisher(publisher, options));
  return {
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

type Process = (messages: JsMsg[]) => Promise<void>;

/** However many partitions there are, few batches are applied at a time: each takes a connection that requests need too. */
function readPublisher(publisher: Publisher, options: ConsumersOptions): Stoppable {
  const process = createProcessor(options);
  const lanes = [inTurn(process), inTurn(process)] as const;
  return readPartitions({ ...options, publisher, consumer: options.service }, (partition) =>
    startConsumer(streamOf(publisher, partition), options, lanes[partition % 2 === 0 ? 0 : 1]),
  );
}

/** Processes one batch after the other. */
function inTurn(process: Process): Process {
  let last: Promise<unknown> = Promise.resolve();
  return (messages) => {
    const mine = last.then(() => process(messages));
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Reads messages from one stream and applies all that have arrived as one batch; continues after any failure until stopped. */
function startConsumer(stream: string, options: ConsumersOptions, process: Process): Stoppable {
  const work = async (turn: Turn) => {
    try {
      await consume(stream, options, process, turn);
    } catch (error) {
      // Above all a stream that its publisher has not created yet.
      if (error instanceof JetStreamApiError) turn.excused();
      throw error;
    }
  };
  return loop(`consumer of ${stream}`, work, {
    maxBackoffMilliseconds: 1_000,
    logger: options.logger,
  });
}

async function consume(
  stream: string,
  { broker, service, logger }: ConsumersOptions,
  process: Process,
  { signal: stopped, progressed }: Turn,
): Promise<void> {
  const { client, manager } = await broker.jetStream();
  const look = noticeGaps(await ensureConsumer(manager, stream, service), logger);
  const consumer = await client.consumers.get(stream, service);
  const messages = await consumer.consume({ ...asking, max_messages: maxInFlight });
  let isIdle = true;
  void endWhenSilent(messages, () => isIdle && progressed());
  const buffer: JsMsg[] = [];
  let arrived = Promise.withResolvers<void>();
  let ended = false;
  const collecting = collect(messages, (message) => {
    look(message);
    buffer.push(message);
    arrived.resolve();
  }).finally(() => {
    // Set before the loop below wakes up: otherwise it would wait for messages that never come.
    ended = true;
    arrived.resolve();
  });
  // It is awaited only at the end; until then its failure would be unhandled.
  collecting.catch(() => undefined);
  let ending: Promise<void> | undefined;
  const stop = () => void (ending ??= endAfterArrivals(messages));
  stopped.addEventListener('abort', stop);
  try {
    while (!ended && !stopped.aborted) {
      await arrived.promise;
      arrived = Promise.withResolvers<void>();
      if (buffer.length === 0 || stopped.aborted) continue;
      isIdle = false;
      await processOrReturn(buffer.splice(0), process);
      isIdle = true;
      progressed();
    }
  } finally {
    stopped.removeEventListener('abort', stop);
    await (ending ??= endAfterArrivals(messages));
    await Promise.allSettled([collecting]);
    // Another replica gets them at once instead of after the acknowledgement timeout.
    for (const message of buffer) message.nak();
  }
  await collecting;
}

const drainMilliseconds = 1_000;

/** Ends `messages` once the messages on their way have arrived: a message sent to a client that no longer listens would wait for its acknowledgement timeout. */
async function endAfterArrivals(messages: ConsumerMessages): Promise<void> {
  // The client offers this for whole connections alone.
  const { sub } = messages as ConsumerMessages & { sub: Subscription };
  await within(drainMilliseconds, sub.drain());
  messages.stop();
}

/** What could not be processed goes back to the server at once; what was acknowledged meanwhile stays so. */
async function processOrReturn(batch: JsMsg[], process: Process): Promise<void> {
  try {
    await process(batch);
  } catch (error) {
    for (const message of batch) message.nak(500);
    throw error;
  }
}

async function collect(messages: ConsumerMessages, take: (message: JsMsg) => void): Promise<void> {
  for await (const message of messages) take(message);
}
