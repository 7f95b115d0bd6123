import { publishers, type Publisher } from '@agora/contracts';

/** What somebody outside of Agora reads: all events of a publisher, or those of one type. */
export interface OutsideConsumer {
  stream: string;
  /** The name of the durable consumer, which Agora makes and nobody else may change. */
  durable: string;
  /** The one subject that it is given; all of the stream when undefined. */
  subject?: string;
}

const setting = /^[a-z][a-z0-9]*=[a-z0-9.,-]+$/;

/** Reads `OUTSIDE_CONSUMERS`, such as `analytics=posts,votes.vote-cast.v1 search=posts`; throws when it says something else. */
export function readOutsideConsumers(text = ''): OutsideConsumer[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((entry) => {
      if (!setting.test(entry)) throw new Error(`OUTSIDE_CONSUMERS cannot be read: ${entry}`);
      const [name = '', list = ''] = entry.split('=');
      return list.split(',').map((source) => outsideConsumer(name, source));
    });
}

/** The consumer by which `name` reads `source`: a publisher, or an event type. Throws when there is no such publisher. */
export function outsideConsumer(name: string, source: string): OutsideConsumer {
  const [publisher = '', ...rest] = source.split('.');
  if (!publishers.includes(publisher as Publisher)) throw new Error(`nobody publishes ${source}`);
  const stream = publisher.toUpperCase();
  // NATS has no dots in the name of a consumer.
  return rest.length === 0
    ? { stream, durable: name }
    : { stream, durable: `${name}_${rest.join('_')}`, subject: source };
}
