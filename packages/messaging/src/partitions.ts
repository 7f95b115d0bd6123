/**
 * A publisher's events are split over as many streams as `EVENT_PARTITIONS` says, by the entity that orders them
 * (docs/decisions/0074-event-partitions.md). Partition 0 has the names that there were before partitions.
 */
import type { Publisher } from '@agora/contracts';

/** More are never used: what a user of NATS may do names each stream. */
export const maxPartitions = 16;

/** The name of the stream of a publisher's partition. */
export const streamOf = (publisher: Publisher, partition = 0): string =>
  partition === 0 ? publisher.toUpperCase() : `${publisher.toUpperCase()}_${partition}`;

/** The partition that a publisher's stream holds; undefined when it is none of that publisher's. */
export function partitionOfStream(publisher: Publisher, stream: string): number | undefined {
  const [, partition] = /^.*_(\d{1,2})$/.exec(stream) ?? [];
  const number = Number(partition ?? 0);
  return streamOf(publisher, number) === stream ? number : undefined;
}

/** The first words of all subjects of a partition. */
export const subjectPrefixOf = (publisher: Publisher, partition: number): string =>
  partition === 0 ? publisher : `${partitioned}.${publisher}.${partition}`;

const partitioned = 'partitions';

/** The subject that an event of this type has in a partition. NATS lets no two streams take the same subject. */
export const subjectOf = (type: string, partition: number): string => {
  const [publisher = '', ...rest] = type.split('.');
  return [subjectPrefixOf(publisher as Publisher, partition), ...rest].join('.');
};

/** The type of the events that have this subject. */
export function typeOfSubject(subject: string): string {
  const [first, publisher, , ...rest] = subject.split('.');
  return first === partitioned ? [publisher, ...rest].join('.') : subject;
}

/** The partition of an event: events of one post, or of one user where they name no post, share one. */
export function partitionOf(data: unknown, partitions: number): number {
  const { post_id: post, user_id: user } = data as { post_id?: unknown; user_id?: unknown };
  const entity = post ?? user;
  return typeof entity === 'number' ? entity % partitions : 0;
}

/** The names of a publisher's streams for that many partitions. */
export const streamsOf = (publisher: Publisher, partitions: number): string[] =>
  Array.from({ length: partitions }, (_, partition) => streamOf(publisher, partition));
