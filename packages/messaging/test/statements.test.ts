import { explainStatements, type Example } from '@agora/testing/explain-statements';
import { newEventId, timesOfIds } from '../src/retain/event-ids.js';
import { definedStatements } from '../src/statements.js';

const uuids = Array.from({ length: 200 }, () => newEventId(Date.now()));
const [uuid = ''] = uuids;
const times = timesOfIds(uuids);
const places = uuids.map((_, n) => n * 13 + 1);
const [stream, lease, token] = ['POSTS', 'relay', '1'];

/** Example values of every statement of messaging, by its name. */
const examples: Record<string, Example[]> = {
  'inbox-record': [{ values: [uuids] }],
  'inbox-remove': [{ values: [uuids, ...times] }],
  'inbox-applied': [{ values: [uuids, ...times] }],
  'dead-letters-forget': [{ values: [uuids] }],
  'dead-letters-fail': [{ values: [uuid, 'posts.post-created.v1', '{}', 'an error', false] }],
  'dead-letters-among': [{ values: [uuids] }],
  'dead-letters-list': [{ values: [100] }],
  'dead-letters-one': [{ values: [uuid] }],
  'dead-letters-next': [{ values: [''] }],
  'dead-letters-fail-again': [{ values: [uuid, 'an error'] }],
  'purge-outbox': [{ values: [7] }],
  'purge-inbox': [{ values: [30] }],
  // Counts up to 10,000.
  'measure-messaging': [{ values: [], mostRows: 10_000 }],
  'outbox-status': [{ values: [], mostRows: 10_000 }],
  'outbox-add': [{ values: [uuids, uuids.map(() => '{}'), uuids.map(() => 0)] }],
  'outbox-waiting': [{ values: [1_001] }],
  'outbox-published-since': [{ values: ['2020-01-01', 10_000], mostRows: 10_000 }],
  'outbox-republish-since': [{ values: ['2020-01-01'] }],
  'outbox-after': [{ values: ['50000', 500] }],
  'events-unapplied': [{ values: [uuids, ...times] }],
  'unpublished-1': [{ values: [places, 0] }],
  'unpublished-256': [{ values: [places, 3] }],
  'mark-published': [{ values: [places, stream, 500_000, uuid, new Date(), new Date(), lease, token] }],
  postpone: [{ values: [places, places.map(() => 'refused'), lease, token] }],
  republishing: [{ values: [stream] }],
  'republish-step': [{ values: [stream, 0] }],
  republished: [{ values: [stream, '0', '5000', lease, token] }],
  'published-stream': [{ values: [stream] }],
  'remember-stream': [{ values: [stream, '2026-01-01', 1, lease, token] }],
  'begin-republishing': [{ values: [stream, '2026-01-01', 1, lease, token] }],
  'lease-take': [{ values: [lease, 'another', 3] }],
  'lease-renew': [{ values: [lease, token, 3] }],
  'lease-end': [{ values: [lease, token] }],
  'relays-share': [{ values: ['relays of a/1/2', 'a/1', 2] }],
  'relays-leave': [{ values: ['relays of a/1/2'] }],
  'partitions-used': [{ values: [] }],
};

/** Over all partitions. Half of the outbox waits, as when NATS was away for long; half of what failed is dead. */
const grow = (from: number, to: number) => `
  INSERT INTO outbox (event_id, envelope, created_at, published_at)
    SELECT md5(n::text)::uuid, '{}', now() + (n % 6 - 1) * interval '1 day', CASE WHEN n % 2 = 0 THEN now() - n * interval '10 seconds' END
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO inbox (event_id, applied_at)
    SELECT overlay(overlay(md5(n::text) PLACING lpad(to_hex((extract(epoch FROM made) * 1000)::bigint), 12, '0') FROM 1) PLACING '7' FROM 13)::uuid, made
    FROM generate_series(${from}, ${to}) n, LATERAL (SELECT now() + (n % 3 - 1) * n * interval '1 minute') AS moment(made);
  INSERT INTO dead_letters (message_id, subject, body, last_error, dead_at)
    SELECT md5(n::text)::uuid, 'posts.post-created.v1', '{}', 'an error', CASE WHEN n % 2 = 0 THEN now() - n * interval '1 second' END
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO leases (name, holder, token, expires_at) VALUES ('${lease}', 'somebody', ${token}, now() + interval '1 minute') ON CONFLICT DO NOTHING;
  INSERT INTO published_streams (stream, created, last_sequence, republish_after, republish_until) VALUES ('${stream}', '', 1, 0, 100000) ON CONFLICT DO NOTHING;`;

explainStatements({
  service: 'posts',
  defined: definedStatements,
  sources: new URL('../src/', import.meta.url),
  examples,
  // A function, which looks at the service's own tables.
  others: /^maintain-partitions$/,
  grow,
});
