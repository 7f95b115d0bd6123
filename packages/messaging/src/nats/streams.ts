import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type ConsumerInfo,
  type ConsumerMessages,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import { publishers, type Publisher } from '@agora/contracts';
import { errors, nanos } from '@nats-io/transport-node';
import type { Broker, BrokerSettings } from './broker.js';
import type { OutsideConsumer } from './outside-consumers.js';
import { partitionOfStream, streamOf, streamsOf, subjectPrefixOf } from '../partitions.js';
import { findStreams } from '../read/read-partitions.js';

/** A stream of that name exists with other settings. */
const nameInUse = 10058;
/** Too few nodes that could hold the replicas. */
const noPeers = 10005;

/** How large a stream may get, how long it keeps messages, and on how many servers. */
export type StreamSettings = Pick<
  BrokerSettings,
  'STREAM_REPLICAS' | 'STREAM_MAX_BYTES' | 'STREAM_MAX_AGE_DAYS' | 'EVENT_PARTITIONS'
>;

/** The stream of a publisher's partition, made where it is missing. One that is there stays as the administrator made it: no service may change a stream. */
export async function ensureStream(
  manager: JetStreamManager,
  publisher: Publisher,
  settings: StreamSettings,
  partition = 0,
): Promise<StreamInfo> {
  try {
    return await manager.streams.add(configOf(publisher, partition, settings));
  } catch (error) {
    if (!isNameInUse(error)) throw error;
    return manager.streams.info(streamOf(publisher, partition));
  }
}

/** Creates the streams of every publisher, or updates them to the settings; only the administrator may do so. Returns their names. */
export async function applyStreams({ settings, jetStream }: Broker): Promise<string[]> {
  const { manager } = await jetStream();
  const names: string[] = [];
  for (const publisher of publishers) {
    const wanted = streamsOf(publisher, settings.EVENT_PARTITIONS);
    // Streams of a former, larger number of partitions stay until their messages are no longer needed.
    for (const stream of new Set([...wanted, ...(await findStreams(manager, publisher))])) {
      await applyStream(manager, publisher, partitionOfStream(publisher, stream) ?? 0, settings);
      names.push(stream);
    }
  }
  return names;
}

/** Whether a cluster of NATS that finds itself refuses or is silent: no leader yet (503), or too few nodes for the replicas. */
export function isFormingCluster(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === 503 || error.code === noPeers;
  return (
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.RequestError
  );
}

async function applyStream(
  manager: JetStreamManager,
  publisher: Publisher,
  partition: number,
  settings: StreamSettings,
): Promise<StreamInfo> {
  const config = configOf(publisher, partition, settings);
  try {
    return await manager.streams.add(config);
  } catch (error) {
    if (!isNameInUse(error)) throw error;
    if (partition === 0) return manager.streams.update(config.name, config);
    // Made when there were fewer partitions, it may hold more than its share by now, and would refuse what comes.
    const { max_bytes: was } = (await manager.streams.info(config.name)).config;
    return manager.streams.update(config.name, { ...config, max_bytes: Math.max(was, config.max_bytes) });
  }
}

const isNameInUse = (error: unknown) => error instanceof JetStreamApiError && error.code === nameInUse;

const configOf = (publisher: Publisher, partition: number, settings: StreamSettings) => ({
  name: streamOf(publisher, partition),
  subjects: [`${subjectPrefixOf(publisher, partition)}.>`],
  // With another retention the server forgets, at a restart, which message ids it has seen.
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  // A full stream must refuse, not silently drop what nobody has read yet: the outbox holds the overflow.
  discard: DiscardPolicy.New,
  num_replicas: settings.STREAM_REPLICAS,
  // That of partition 0 may be full from the time when it was the only one. The others together reserve as much.
  max_bytes:
    partition === 0
      ? settings.STREAM_MAX_BYTES
      : Math.floor(settings.STREAM_MAX_BYTES / settings.EVENT_PARTITIONS),
  max_age: nanos(settings.STREAM_MAX_AGE_DAYS * 86_400_000),
  duplicate_window: nanos(120_000),
});

/** The options of every request for messages. With the client's defaults a consumer that was deleted on the server goes unnoticed, for half a minute or for ever. */
export const asking = {
  abort_on_missing_resource: true,
  // Also how long the client waits when the server cannot say yet whether the consumer is there.
  expires: 3_000,
  // The interval of the server's idle heartbeats; `endWhenSilent` ends the reading when two are missing.
  idle_heartbeat: 500,
};

/**
 * Ends `messages` once the server sends nothing any more, not even idle heartbeats: the node that kept the consumer is
 * gone, and the reader must ask another node. `alive` is called for every message and heartbeat.
 */
export async function endWhenSilent(messages: ConsumerMessages, alive: () => void): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type === 'heartbeat') alive();
    if (type === 'heartbeats_missed' || type === 'no_responders')
      messages.stop(new Error('the consumer does not answer'));
  }
}

/** How many messages may be delivered and not yet acknowledged, and so how large a batch can get. */
export const maxInFlight = 256;

/** Creates a service's durable consumer on a stream if it is missing, and returns its state; rejects while the stream does not exist. */
export function ensureConsumer(
  manager: JetStreamManager,
  stream: string,
  durableName: string,
): Promise<ConsumerInfo> {
  return manager.consumers.add(stream, {
    durable_name: durableName,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    // What a consumer that was killed had in hand is delivered again only after this; slow work asks for more time.
    ack_wait: nanos(10_000),
    // The server would skip a message past its limit without a trace; giving up is for the dead-letter table.
    max_deliver: -1,
    max_ack_pending: maxInFlight,
  });
}

/** Creates the missing consumers of outside teams, as the administrator of the streams; resolves to their names. */
export async function applyOutsideConsumers(
  { jetStream }: Broker,
  consumers: readonly OutsideConsumer[],
): Promise<string[]> {
  const { manager } = await jetStream();
  for (const { stream, durable, subject } of consumers) {
    await manager.consumers.add(stream, {
      durable_name: durable,
      ...(subject && { filter_subject: subject }),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(30_000),
      max_deliver: -1,
      max_ack_pending: maxInFlight,
    });
  }
  return consumers.map(({ stream, durable }) => `${stream} ${durable}`);
}
