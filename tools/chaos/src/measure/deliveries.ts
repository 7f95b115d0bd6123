import { setTimeout as sleep } from 'node:timers/promises';
import { publishersFor, services, streamsOf } from '@agora/local-stack';
import type { Administration } from '../system/administration.js';
import type { System } from '../system/system.js';

export interface Deliveries {
  /** How many messages NATS delivered to consumers, as far as they could be counted. */
  delivered: number;
  /** How many of those had an effect. */
  applied: number;
}

/** Counts deliveries to consumers once a second; a consumer that is created again starts at zero. */
export function countDeliveries({ administration, partitions }: System): { stop(): Promise<Deliveries> } {
  const consumers = services.flatMap((consumer) =>
    publishersFor(consumer)
      .flatMap((publisher) => streamsOf(publisher, partitions))
      .map((stream) => [stream, consumer] as const),
  );
  const stopped = new AbortController();
  const startedAt = Date.now();
  const last = new Map<string, number>();
  let delivered = 0;
  const look = async () => {
    const manager = await administration.streams();
    for (const [stream, name] of consumers) {
      const { delivered: now } = await manager.consumers.info(stream, name);
      const before = last.get(`${stream}/${name}`) ?? 0;
      delivered += now.consumer_seq >= before ? now.consumer_seq - before : now.consumer_seq;
      last.set(`${stream}/${name}`, now.consumer_seq);
    }
  };
  const counting = (async () => {
    while (!stopped.signal.aborted) {
      // NATS may be away, or the consumer.
      await look().catch(() => undefined);
      await sleep(1_000, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await counting;
      await look().catch(() => undefined);
      return { delivered, applied: await appliedEvents(administration, startedAt).catch(() => 0) };
    },
  };
}

async function appliedEvents({ query }: Administration, startedAt: number): Promise<number> {
  let applied = 0;
  for (const service of services) {
    const [row] = await query<{ count: number }>(
      `SELECT (SELECT count(*) FROM ${service}.inbox WHERE applied_at >= to_timestamp($1 / 1000.0))::int
            + (SELECT count(*) FROM ${service}.dead_letters)::int AS count`,
      [startedAt],
    );
    applied += row?.count ?? 0;
  }
  return applied;
}
