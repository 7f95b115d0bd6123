import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { Publisher } from '@agora/contracts';
import { nanos } from '@nats-io/transport-node';
import type { BrokerSettings } from './broker.js';

/** The name of a publisher's stream. */
export const streamOf = (publisher: Publisher): string => publisher.toUpperCase();

/** A stream of that name exists with other settings. */
const nameInUse = 10058;

/** Makes the publisher's stream, or brings the one there to these settings; only the publisher does so. */
export async function ensureStream(
  manager: JetStreamManager,
  publisher: Publisher,
  settings: BrokerSettings,
): Promise<StreamInfo> {
  const config = {
    name: streamOf(publisher),
    subjects: [`${publisher}.>`],
    // With another retention the server forgets, at a restart, which message ids it has seen.
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // A full stream must refuse, not silently drop what nobody has read yet: the outbox holds the overflow.
    discard: DiscardPolicy.New,
    num_replicas: settings.STREAM_REPLICAS,
    max_bytes: settings.STREAM_MAX_BYTES,
    max_age: nanos(settings.STREAM_MAX_AGE_DAYS * 86_400_000),
    duplicate_window: nanos(120_000),
  };
  try {
    return await manager.streams.add(config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== nameInUse) throw error;
    return manager.streams.update(config.name, config);
  }
}

/** How many messages may be delivered and not yet acknowledged, and so how large a batch can get. */
export const maxInFlight = 256;

/** Makes the durable consumer of a service on a publisher's stream; rejects while the stream does not exist. */
export async function ensureConsumer(
  manager: JetStreamManager,
  publisher: Publisher,
  durableName: string,
): Promise<void> {
  await manager.consumers.add(streamOf(publisher), {
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
