import type { OutsideConsumer } from '@agora/messaging/outside-consumers';
import { maxPartitions, streamsOf } from '@agora/messaging/partitions';
import { forEachService, services, type ProcessName, type ServiceName } from '../stack/topology.js';
import { publishersFor } from './subscribers.js';

/** What a user may send to and receive from; what is not listed is refused, and so is what is in `deny`. */
export interface NatsPermissions {
  publish: { allow: string[]; deny: string[] };
  subscribe: { allow: string[] };
}

/** Whose streams a service reads, through a durable consumer of its own name. */
const reads: Partial<Record<ProcessName, ServiceName[]>> = forEachService(publishersFor);

/** Whose streams it follows beside that of auth, from where it says: posts does for the live feed. */
const tails: Partial<Record<ProcessName, ServiceName[]>> = { posts: ['posts', 'votes'] };

/**
 * What a process may do with NATS as `user`. It publishes under its own name, makes its own streams where they are missing, reads the streams that
 * it subscribes to, and follows those of auth for revocations, whose heartbeat all hear and auth alone sends; posts follows more. So none can forge, purge or delete what another has said, take
 * what another is to read, or read another's inbox. `npm run generate` writes the same into `deploy/docker/authorization.conf`.
 */
export function permissionsOf(name: ProcessName, user: string): NatsPermissions {
  const tailed = tails[name] ?? [];
  const followed: ServiceName[] = ['auth', ...tailed];
  const limits = name === 'gateway' ? ['gateway.limits'] : [];
  const heartbeat = 'heartbeat.auth';
  return {
    publish: {
      allow: [
        ...(name === 'gateway' ? limits : [`${name}.>`, `partitions.${name}.>`, ...ownStreams(name)]),
        ...(name === 'auth' ? [heartbeat] : []),
        ...(reads[name] ?? []).flatMap((publisher) => ownConsumers(publisher, name)),
        ...tailed.filter((publisher) => publisher !== name).flatMap(streamInfos),
        ...followed.flatMap(followers),
      ],
      deny: consumersOfOthers(followed, name),
    },
    subscribe: { allow: [`_INBOX_${user}.>`, heartbeat, ...limits] },
  };
}

// It looks at its last event there, to notice when messages were lost.
const ownStreams = (name: ServiceName): string[] =>
  ['CREATE', 'INFO', 'MSG.GET'].flatMap((verb) =>
    allStreamsOf(name).map((stream) => `$JS.API.STREAM.${verb}.${stream}`),
  );

/** One by one: NATS has no pattern for a part of a name. */
const allStreamsOf = (publisher: ServiceName): string[] => streamsOf(publisher, maxPartitions);

/** What the administrator of the streams may do as `user`: make and change them and the consumers of teams outside, and see how far they are read; neither read nor publish. */
export const streamPermissionsOf = (
  user: string,
  outside: readonly OutsideConsumer[] = [],
): NatsPermissions => ({
  publish: {
    allow: [
      ...outside.map(creationOf),
      ...services.flatMap((name) => [
        ...['CREATE', 'UPDATE', 'INFO'].flatMap((verb) =>
          allStreamsOf(name).map((stream) => `$JS.API.STREAM.${verb}.${stream}`),
        ),
        ...services
          .filter((reader) => reads[reader]?.includes(name))
          .flatMap((reader) =>
            allStreamsOf(name).map((stream) => `$JS.API.CONSUMER.INFO.${stream}.${reader}`),
          ),
      ]),
    ],
    deny: [],
  },
  subscribe: { allow: [`_INBOX_${user}.>`] },
});

/** How the consumer of a team outside is made; what it is given is a part of the subject, so it can be made in this one way alone. */
export const creationOf = ({ stream, durable, subject }: OutsideConsumer): string =>
  ['$JS.API.CONSUMER.CREATE', stream, durable, ...(subject ? [subject] : [])].join('.');

const ownConsumers = (publisher: ServiceName, name: ProcessName): string[] =>
  ['API.CONSUMER.CREATE', 'API.CONSUMER.INFO', 'API.CONSUMER.MSG.NEXT', 'ACK'].flatMap((request) =>
    allStreamsOf(publisher).map(
      (stream) => `$JS.${request}.${stream}.${name}${request === 'ACK' ? '.>' : ''}`,
    ),
  );

const streamInfos = (publisher: ServiceName): string[] =>
  allStreamsOf(publisher).map((stream) => `$JS.API.STREAM.INFO.${stream}`);

// A follower's name ends in a random id, and NATS has no pattern for a part of a name: the durable ones are denied in turn.
const followers = (publisher: ServiceName): string[] =>
  ['CREATE', 'INFO', 'DELETE', 'MSG.NEXT'].flatMap((verb) =>
    allStreamsOf(publisher).map((stream) => `$JS.API.CONSUMER.${verb}.${stream}.*`),
  );

const consumersOfOthers = (publishers: readonly ServiceName[], name: ProcessName): string[] =>
  services
    .filter((reader) => reader !== name && publishers.some((publisher) => reads[reader]?.includes(publisher)))
    .flatMap((reader) => ['*', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.*.${reader}`));
