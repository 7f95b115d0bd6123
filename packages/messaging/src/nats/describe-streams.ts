import { publishers, type Publisher } from '@agora/contracts';
import type { Broker } from './broker.js';
import { findStreams } from '../read/read-partitions.js';

/** How full a stream is. */
interface StreamDescription {
  stream: string;
  messages: number;
  bytes: number;
  max_bytes: number;
  since: string;
  until: string;
}

/** How far a service has read a stream. */
interface ConsumerDescription {
  stream: string;
  service: string;
  /** Not delivered yet. */
  waiting: number;
  /** Delivered and not acknowledged. */
  in_hand: number;
  redelivered: number;
}

/** Which services consume which publishers' streams; no other combination exists. */
const readers: Partial<Record<Publisher, readonly string[]>> = {
  auth: ['posts', 'votes'],
  posts: ['votes'],
  votes: ['posts'],
};

/** The state of the streams of all publishers; needs the administrator of the streams. Rejects when one is missing. */
export async function describeStreams(broker: Broker): Promise<StreamDescription[]> {
  const { manager } = await broker.jetStream();
  const described: StreamDescription[] = [];
  for (const publisher of publishers) {
    for (const stream of await findStreams(manager, publisher)) {
      const { config, state } = await manager.streams.info(stream);
      const { messages, bytes, first_ts: since, last_ts: until } = state;
      described.push({ stream, messages, bytes, max_bytes: config.max_bytes, since, until });
    }
  }
  return described;
}

/** How far every service has read; leaves out services that have never read. */
export async function describeConsumers(broker: Broker): Promise<ConsumerDescription[]> {
  const { manager } = await broker.jetStream();
  const described: ConsumerDescription[] = [];
  for (const publisher of publishers) {
    for (const stream of await findStreams(manager, publisher)) {
      for (const service of readers[publisher] ?? []) {
        const info = await manager.consumers.info(stream, service).catch(() => undefined);
        if (!info) continue;
        described.push({
          stream,
          service,
          waiting: info.num_pending,
          in_hand: info.num_ack_pending,
          redelivered: info.num_redelivered,
        });
      }
    }
  }
  return described;
}
