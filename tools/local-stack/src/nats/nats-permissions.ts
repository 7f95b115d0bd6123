import type { OutsideConsumer } from '@agora/messaging/outside-consumers';
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
 * What a process may do with NATS as `user`. It publishes under its own name, makes its own stream where it is missing, reads the streams that
 * it subscribes to, and follows that of auth for revocations, whose heartbeat all hear and auth alone sends; posts follows more. So none can forge, purge or delete what another has said, take
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
        ...(name === 'gateway' ? limits : [`${name}.>`, ...ownStream(name)]),
        ...(name === 'auth' ? [heartbeat] : []),
        ...(reads[name] ?? []).flatMap((publisher) => ownConsumer(publisher, name)),
        ...tailed.filter((publisher) => publisher !== name).map(streamInfo),
        ...followed.flatMap(followers),
      ],
      deny: followed.flatMap((publisher) => consumersOfOthers(publisher, name)),
    },
    subscribe: { allow: [`_INBOX_${user}.>`, heartbeat, ...limits] },
  };
}

// It looks at its last event there, to notice when messages were lost.
const ownStream = (name: ProcessName): string[] =>
  ['CREATE', 'INFO', 'MSG.GET'].map((verb) => `$JS.API.STREAM.${verb}.${name.toUpperCase()}`);

/** What the administrator of the streams may do as `user`: make and change them and the consumers of teams outside, and see how far they are read; neither read nor publish. */
export const streamPermissionsOf = (
  user: string,
  outside: readonly OutsideConsumer[] = [],
): NatsPermissions => ({
  publish: {
    allow: [
      ...outside.map(creationOf),
      ...services.flatMap((name) => [
        ...['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${name.toUpperCase()}`),
        ...services
          .filter((reader) => reads[reader]?.includes(name))
          .map((reader) => `$JS.API.CONSUMER.INFO.${name.toUpperCase()}.${reader}`),
      ]),
    ],
    deny: [],
  },
  subscribe: { allow: [`_INBOX_${user}.>`] },
});

/** How the consumer of a team outside is made; what it is given is a part of the subject, so it can be made in this one way alone. */
export const creationOf = ({ stream, durable, subject }: OutsideConsumer): string =>
  ['$JS.API.CONSUMER.CREATE', stream, durable, ...(subject ? [subject] : [])].join('.');

function ownConsumer(publisher: ServiceName, name: ProcessName): string[] {
  const consumer = `${publisher.toUpperCase()}.${name}`;
  const verbs = ['CREATE', 'INFO', 'MSG.NEXT'];
  return [...verbs.map((verb) => `$JS.API.CONSUMER.${verb}.${consumer}`), `$JS.ACK.${consumer}.>`];
}

const streamInfo = (publisher: ServiceName) => `$JS.API.STREAM.INFO.${publisher.toUpperCase()}`;

// A follower's name ends in a random id, and NATS has no pattern for a part of a name: the durable ones are denied in turn.
const followers = (publisher: ServiceName): string[] =>
  ['CREATE', 'INFO', 'DELETE', 'MSG.NEXT'].map(
    (verb) => `$JS.API.CONSUMER.${verb}.${publisher.toUpperCase()}.*`,
  );

const consumersOfOthers = (publisher: ServiceName, name: ProcessName): string[] =>
  services
    .filter((reader) => reader !== name && reads[reader]?.includes(publisher))
    .flatMap((reader) =>
      ['*', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${publisher.toUpperCase()}.${reader}`),
    );
