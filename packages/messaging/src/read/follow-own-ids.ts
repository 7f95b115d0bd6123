import type { EventDefinition } from '@agora/contracts';
import type { Stoppable } from '@agora/process';
import type { Broker } from '../nats/broker.js';
import { streamOf } from '../partitions.js';
import { readPartitions } from './read-partitions.js';
import { publisherOf } from '../consume/subscriptions.js';
import type { Logger } from '../logger.js';
import { tailStream } from './tail.js';

/** How many of the newest events are looked through at first. */
const depth = 5_000;

/** Reads, in what this service has published lately and from now on, which ids were given: also by other replicas, and by a database that has lost them since. */
export const followOwnIds = <Data>({
  broker,
  logger,
  event,
  saw,
}: {
  broker: Broker;
  logger: Logger;
  event: EventDefinition<Data>;
  saw(data: Data): void;
}): Stoppable => {
  const publisher = publisherOf(event);
  return readPartitions({ broker, publisher, logger }, (partition) =>
    tailStream({
      broker,
      stream: streamOf(publisher, partition),
      events: [event],
      depth,
      begin: () => undefined,
      receive: ({ data }) => saw(data),
      logger,
    }),
  );
};
