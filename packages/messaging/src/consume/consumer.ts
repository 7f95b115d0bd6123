import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import type { Broker } from '../broker.js';
import { keepRunning, type Running } from '../keep-running.js';
import { createProcessor, type ProcessorOptions } from './processor.js';
import { asking, endWhenSilent, ensureConsumer, maxInFlight, streamOf } from '../streams.js';
import { publishersOf } from './subscriptions.js';

export interface ConsumersOptions extends ProcessorOptions {
  /** The name of the consuming service, and of its durable consumer on each stream. */
  service: string;
  broker: Broker;
}

/** Starts one durable consumer on each stream that the subscriptions name. */
export function startConsumers(options: ConsumersOptions): Running {
  const consumers = publishersOf(options.subscriptions).map((publisher) => startConsumer(publisher, options));
  return {
    progressedAt: () => Math.min(...consumers.map((consumer) => consumer.progressedAt())),
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

/** Takes messages from one stream and applies all that are there as one batch; goes on after any failure, until stopped. */
function startConsumer(publisher: Publisher, options: ConsumersOptions): Running {
  const process = createProcessor(options);
  return keepRunning((stopped, progressed) => consume(publisher, options, process, stopped, progressed), {
    failed(error, isRepeated) {
      // A stream that its publisher has not made yet is common at a first start; once is enough to say so.
      if (isRepeated) return;
      options.logger.warn({ error, stream: streamOf(publisher) }, 'consumer interrupted; starting over');
    },
    pause: () => 250 + Math.random() * 250,
  });
}

async function consume(
  publisher: Publisher,
  { broker, service }: ConsumersOptions,
  process: (messages: JsMsg[]) => Promise<void>,
  stopped: AbortSignal,
  progressed: () => void,
): Promise<void> {
  const { client, manager } = await broker.jetStream();
  await ensureConsumer(manager, publisher, service);
  const consumer = await client.consumers.get(streamOf(publisher), service);
  const messages = await consumer.consume({ ...asking, max_messages: maxInFlight });
  let isIdle = true;
  void endWhenSilent(messages, () => isIdle && progressed());
  const buffer: JsMsg[] = [];
  let arrived = Promise.withResolvers<void>();
  let ended = false;
  const collecting = collect(messages, (message) => {
    buffer.push(message);
    arrived.resolve();
  }).finally(() => {
    // Said before the loop below wakes up, which would else wait for what never comes.
    ended = true;
    arrived.resolve();
  });
  // It is awaited at the end, and until then nobody would look at its failure.
  collecting.catch(() => undefined);
  const stop = () => messages.stop();
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
    messages.stop();
    // Those that have arrived already come yet.
    await Promise.allSettled([collecting]);
    // Another replica gets them at once instead of after the acknowledgement timeout.
    for (const message of buffer) message.nak();
  }
  await collecting;
}

/** What could not be processed goes back to the server at once; what was acknowledged meanwhile stays so. */
async function processOrReturn(batch: JsMsg[], process: (messages: JsMsg[]) => Promise<void>): Promise<void> {
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
