import { publishers } from '@agora/contracts';
import { streamOf, subjectOf } from '../partitions.js';

/** An outside team's access to one stream: all of its events, or those of one type. */
export interface OutsideConsumer {
  stream: string;
  /** The name of the durable consumer, which only Agora creates and changes. */
  durable: string;
  /** The one subject that it is given; all of the stream when undefined. */
  subject?: string;
}

const setting = /^[a-z][a-z0-9]*=[a-z0-9.,-]+$/;

/** Parses `OUTSIDE_CONSUMERS` for that number of partitions, such as `analytics=posts,votes.vote-cast.v1 search=posts`; throws when it is malformed. */
export function readOutsideConsumers(text = '', partitions = 1): OutsideConsumer[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((entry) => {
      if (!setting.test(entry)) throw new Error(`OUTSIDE_CONSUMERS cannot be read: ${entry}`);
      const [name = '', list = ''] = entry.split('=');
      return list.split(',').flatMap((source) => outsideConsumersOf(name, source, partitions));
    });
}

/** The consumers, one a partition, by which `name` reads `source`: a publisher, or an event type. Throws when there is no such publisher. */
export function outsideConsumersOf(name: string, source: string, partitions = 1): OutsideConsumer[] {
  const [first = '', ...rest] = source.split('.');
  const publisher = publishers.find((each) => each === first);
  if (!publisher) throw new Error(`nobody publishes ${source}`);
  return Array.from({ length: partitions }, (_, partition) => {
    const stream = streamOf(publisher, partition);
    // NATS has no dots in the name of a consumer.
    return rest.length === 0
      ? { stream, durable: name }
      : { stream, durable: `${name}_${rest.join('_')}`, subject: subjectOf(source, partition) };
  });
}
