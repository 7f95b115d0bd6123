import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  consumersOf,
  publishersFor,
  type ServiceName,
  services,
  streamsOf,
  subjectOf,
  subscribers,
} from '@agora/local-stack';
import { untilAllReady } from '../system/system.js';
import type { Fault, Scene } from './fault.js';

interface StoredEvent {
  envelope: { id: string; type: string };
  partition: number;
}

async function republish({ system }: Scene, events: readonly StoredEvent[]): Promise<void> {
  const client = await system.administration.publisher();
  for (const { envelope, partition } of events) {
    const subject = subjectOf(envelope.type, partition);
    await client.publish(subject, JSON.stringify(envelope), { msgID: randomUUID(), timeout: 5_000 });
  }
}

/** Past the deduplication of NATS, which knows message ids alone. */
const duplicates: Fault = {
  kind: 'duplicates',
  touches: 'events',
  quick: true,
  async run(scene) {
    let count = 0;
    for (const service of services) {
      const events = await scene.system.administration.query<StoredEvent>(
        `SELECT envelope, partition FROM ${service}.outbox WHERE published_at IS NOT NULL ORDER BY sequence DESC LIMIT 100`,
      );
      await republish(scene, scene.random.shuffle(events));
      count += events.length;
    }
    return `${count} events`;
  },
};

/** While the relay is cut off, what waits in the outbox is published from its end to its beginning, deletions before creations. */
const reorder: Fault = {
  kind: 'reorder',
  touches: 'events',
  quick: true,
  async run(scene) {
    const service: ServiceName = scene.random.pick(['posts', 'votes']);
    const ways = scene.system.replicas
      .filter(({ name }) => name === service)
      .map(({ ways: { nats } }) => nats);
    for (const way of ways) way.holdBack();
    await sleep(1_500);
    const events = await scene.system.administration.query<StoredEvent>(
      `SELECT envelope, partition FROM ${service}.outbox WHERE published_at IS NULL ORDER BY sequence DESC`,
    );
    await republish(scene, events);
    for (const way of ways) way.heal();
    await untilAllReady(scene.system.replicas, scene.signal);
    return `${events.length} events of ${service}`;
  },
};

const poisons: [what: string, body: (type: string) => string][] = [
  ['no JSON', () => '{"specversion":'],
  ['no envelope', () => '[]'],
  ['wrong data', (type) => envelope(type, { post_id: 'one', user_id: -1 })],
  ['another type', () => envelope('posts.post-exploded.v1', { post_id: 1 })],
  ['60 kB', (type) => envelope(type, { post_id: 'x'.repeat(30_000), user_id: 'x'.repeat(30_000) })],
];

const envelope = (type: string, data: unknown) =>
  JSON.stringify({
    specversion: '1.0',
    id: randomUUID(),
    source: 'agora/chaos',
    type,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data,
  });

/** Every consumer must dead-letter each of its own once, and continue. */
const poison: Fault = {
  kind: 'poison',
  touches: 'events',
  quick: true,
  async run({ system, random, poison: { sent } }) {
    const client = await system.administration.publisher();
    const subjects = [...new Set(services.flatMap((service) => subscribers[service]))];
    for (const [, body] of poisons) {
      for (const subject of subjects) {
        const msgID = randomUUID();
        for (const service of consumersOf(subject)) sent[service].add(msgID);
        const partition = random.below(system.partitions);
        await client.publish(subjectOf(subject, partition), body(subject), { msgID, timeout: 5_000 });
      }
    }
    await client.publish('posts.unheard-of.v1', '{}', { msgID: randomUUID(), timeout: 5_000 });
    return `${poisons.map(([what]) => what).join(', ')}; on ${subjects.length} subjects`;
  },
};

/** Full at the size that it has: it refuses, and the outbox keeps what it refused. */
const fullStream: Fault = {
  kind: 'full stream',
  touches: 'nats',
  async run({ system, random }) {
    const stream = random.pick(streamsOf(random.pick(services), system.partitions));
    const manager = await system.administration.streams();
    const { state, config } = await manager.streams.info(stream);
    await manager.streams.update(stream, { max_bytes: Math.max(state.bytes, 1) });
    await sleep(3_000);
    await manager.streams.update(stream, { max_bytes: config.max_bytes });
    return `${stream}, 3 s`;
  },
};

const deleteConsumer: Fault = {
  kind: 'delete a consumer',
  touches: 'nats',
  async run({ system, random }) {
    const consumer = random.pick(services.filter((service) => publishersFor(service).length > 0));
    const stream = random.pick(streamsOf(random.pick(publishersFor(consumer)), system.partitions));
    const manager = await system.administration.streams();
    await manager.consumers.delete(stream, consumer);
    await sleep(1_000);
    return `${consumer} on ${stream}`;
  },
};

/** Stops all consumers first, so that the lost storage has events that no service has read. */
const wipe: Fault = {
  kind: 'wipe nats',
  touches: 'nats',
  async run({ system, poison: { sent, lost }, signal }) {
    const readers = system.replicas.filter(({ name }) => name !== 'gateway');
    const lossy = readers.filter(({ name }) => name === 'posts');
    for (const { ways } of lossy) ways.nats.holdBack();
    await sleep(800);
    await system.nats.end('SIGKILL');
    system.nats.wipe();
    for (const service of services) for (const id of sent[service]) lost.add(id);
    await system.nats.start();
    for (const { ways } of lossy) {
      ways.nats.cut();
      ways.nats.heal();
    }
    await untilAllReady(system.replicas, signal);
    return 'streams and consumers';
  },
};

export const eventFaults: readonly Fault[] = [duplicates, reorder, poison, fullStream, deleteConsumer, wipe];
