import type { V1ConfigMap, V1Service, V1StatefulSet } from '@kubernetes/client-node';
import type { RenderedObject } from '../../check/render.ts';
import { ofKind, ourPods, podsOf, readRepositoryFile } from '../cluster.ts';
import type { Statement } from './statement.ts';

/** SECURITY: who may publish and read what, and encryption. */
export const natsStatements: Record<string, Statement> = {
  *'X-5 D-2 clients of NATS and of a database elsewhere check certificates, and so do the nodes of NATS'(
    objects,
  ) {
    // Only the overlay for one machine has none.
    if (!objects.some(({ kind }) => kind === 'Ingress')) return;
    for (const { name, environment } of ourPods(objects)) {
      if (environment.DATABASE_HOST && !environment.DATABASE_SSL_CA_FILE)
        yield `${name}: trusts any database`;
      if (environment.NATS_URL && !environment.NATS_SSL_CA_FILE) yield `${name}: trusts any NATS`;
    }
    const { 'tls.conf': clients = '', 'cluster.conf': nodes = '' } = configurationOf(objects);
    if (!/^tls \{[^}]*handshake_first: true/m.test(clients)) yield 'NATS speaks plain text';
    if (!/tls \{[^}]*verify: true/.test(nodes)) yield 'anybody can join NATS';
  },

  *'N-1 every service is a user of NATS with a password of its own, and nobody else is'(objects) {
    const { 'authorization.conf': authorization = '', ...others } = configurationOf(objects);
    const users = usersOf(authorization);
    const names = new Set<string | undefined>();
    for (const { name, kind, environment } of podsOf(objects)) {
      if (!environment.NATS_USER) {
        if (kind === 'Deployment') yield `${name} is no user of NATS`;
        continue;
      }
      if (!users.has(environment.NATS_USER ?? '')) yield `${name} is no user of NATS`;
      if (names.has(environment.NATS_USER)) yield `${name} is the user of another`;
      names.add(environment.NATS_USER);
    }
    for (const [user, text] of users) {
      if (!names.has(user)) yield `nobody is the user ${user}`;
      const isSecret = text.includes(`password: $${user.toUpperCase()}_PASSWORD\n`);
      if (!isSecret) yield `the password of ${user} does not come from the secret`;
    }
    const all = [authorization, ...Object.values(others)].join('\n');
    if (/no_auth_user|^\s*(websocket|leafnodes|mqtt|gateway)\s*[:{]/m.test(all))
      yield 'NATS has another door';
  },

  *'N-1 nobody reaches the monitoring port of NATS, and its version is patched'(objects) {
    const configuration = configurationOf(objects)['nats.conf'] ?? '';
    if (!/^http: "127\.0\.0\.1:8222"$/m.test(configuration)) yield 'monitoring is not for the node alone';
    for (const { metadata, spec } of ofKind<V1Service>(objects, 'Service')) {
      if (spec?.ports?.some(({ port }) => port === 8222))
        yield `${metadata?.name} leads to the monitoring port`;
    }
    for (const { labels, container } of podsOf(objects)) {
      const isNats = labels['app.kubernetes.io/name'] === 'nats';
      if (isNats && !isPatched(container.image)) yield `${container.image} is not patched`;
    }
  },

  *'N-1 an acknowledged event is on the disk of every node'(objects) {
    const configuration = configurationOf(objects)['nats.conf'] ?? '';
    if (!/^\s*sync_interval: always$/m.test(configuration)) yield 'NATS acknowledges before it writes';
    const sets = ofKind<V1StatefulSet>(objects, 'StatefulSet');
    const node = podsOf(objects).find(({ name }) => name === 'StatefulSet nats')?.container;
    // Without parameters it is about streams and consumers too.
    if (!node?.startupProbe?.exec?.command?.at(-1)?.endsWith('/healthz'))
      yield 'the next node is restarted before the last has caught up';
    const nodes = sets.find(({ metadata }) => metadata?.name === 'nats')?.spec?.replicas;
    for (const { name, environment } of ourPods(objects)) {
      const isWide = Number(environment.STREAM_REPLICAS) === nodes;
      if (environment.NATS_URL && !isWide) yield `${name}: its stream is not on every node`;
    }
  },

  *'N-2 each user of NATS has an allow-list, the one that docker compose has'(objects) {
    const authorization = configurationOf(objects)['authorization.conf'] ?? '';
    if (authorization !== readRepositoryFile('deploy/docker/authorization.conf')) yield 'other lists';
    const users = usersOf(authorization);
    const subscribers = [...users].filter(([user, text]) => text.includes(`CONSUMER.CREATE.AUTH.${user}"`));
    for (const [user, text] of users) {
      const [allowed, denied, read] = [...text.matchAll(/\w+: \[([^\]]*)\]/g)].map(([, list = '']) =>
        [...list.matchAll(/"([^"]+)"/g)].map(([, subject = '']) => subject),
      );
      if (!allowed || !denied || !read) yield `${user} has no lists`;
      if (user === 'streams') {
        if (!allowed?.every(isOfStreams) || read?.join() !== '_INBOX_streams.>') yield `${user} may do more`;
        continue;
      }
      for (const subject of allowed ?? []) {
        if (!isOwnSubject(user, subject) && !isFollower(user, subject))
          yield `${user} may publish ${subject}`;
      }
      for (const [other] of subscribers) {
        const isDenied = denied?.includes(`$JS.API.CONSUMER.*.*.${other}`);
        if (other !== user && !isDenied) yield `${user} may take what ${other} is to read`;
      }
      for (const subject of read ?? []) {
        const isForAll = subject === 'heartbeat.auth';
        if (subject !== `_INBOX_${user}.>` && !isForAll && !subject.startsWith(`${user}.`))
          yield `${user} may read ${subject}`;
      }
    }
  },
};

/** All files that NATS reads, but for the secret one. */
function configurationOf(objects: RenderedObject[]): Record<string, string> {
  const maps = ofKind<V1ConfigMap>(objects, 'ConfigMap');
  const ofNats = maps.filter(({ metadata }) => metadata?.name?.startsWith('nats'));
  return Object.fromEntries(ofNats.flatMap(({ data }) => Object.entries(data ?? {})));
}

/** user → the text of its permissions. */
function usersOf(authorization: string): Map<string, string> {
  const [, ...parts] = authorization.split(/^\s*user: /m);
  return new Map(parts.map((part) => [/^\w+/.exec(part)?.[0] ?? '', part]));
}

/** What a service may use: subjects and streams of its own name, and consumers of its own name. */
function isOwnSubject(user: string, subject: string): boolean {
  const stream = `${user.toUpperCase()}${partition}`;
  return [
    new RegExp(`^(partitions\\.)?${user}\\.[\\w.>]+$`),
    new RegExp(`^heartbeat\\.${user}$`),
    new RegExp(`^\\$JS\\.API\\.STREAM\\.(CREATE|INFO|MSG\\.GET)\\.${stream}$`),
    new RegExp(`^\\$JS\\.API\\.CONSUMER\\.(CREATE|INFO|MSG\\.NEXT)\\.[A-Z]+${partition}\\.${user}$`),
    new RegExp(`^\\$JS\\.ACK\\.[A-Z]+${partition}\\.${user}\\.>$`),
  ].some((form) => form.test(subject));
}

/** What the name of a stream ends in, but for partition 0. */
const partition = String.raw`(_\d+)?`;

/** The administrator of the streams may create, change and inspect them and their consumers, and nothing else. */
const isOfStreams = (subject: string) =>
  /^\$JS\.API\.(STREAM\.(CREATE|UPDATE|INFO)\.[A-Z]+(_\d+)?|CONSUMER\.INFO\.[A-Z]+(_\d+)?\.[a-z]+)$/.test(
    subject,
  );

/**
 * Followers of a stream create consumers with any name; the deny-list excludes the services' names. All follow that of
 * auth for revocations, and posts its own and that of votes for the live feed.
 */
const isFollower = (user: string, subject: string) => {
  const [, stream = ''] =
    /^\$JS\.API\.CONSUMER\.(?:CREATE|INFO|DELETE|MSG\.NEXT)\.([A-Z]+)(?:_\d+)?\.\*$/.exec(subject) ?? [];
  const followed = user === 'posts' ? ['AUTH', 'POSTS', 'VOTES'] : ['AUTH'];
  return (
    followed.includes(stream) || (user === 'posts' && /^\$JS\.API\.STREAM\.INFO\.VOTES(_\d+)?$/.test(subject))
  );
};

/** 2.12.7, 2.14.0 and later ones. */
function isPatched(image = ''): boolean {
  const [, major, minor = 0, patch = 0] = (/:(\d+)\.(\d+)\.(\d+)/.exec(image) ?? []).map(Number);
  return major === 2 && (minor >= 14 || (minor === 12 && patch >= 7));
}
