import { createHash } from 'node:crypto';

/** Two accounts have 2,000 sessions each for each unit of scale: of the first all but fifty end when it logs in. */
export const manySessions = [5, 6] as const;

/** The key of an account, which real access tokens carry. */
export const accountKeyOf = (id: number): string => uuidOf(`account ${id}`);
export const accountKeyInSql = (id: string): string => `md5('account ' || ${id})::uuid`;
/** The one session of every account. */
export const sessionOf = (id: number): string => uuidOf(`session ${id}`);
/** Its refresh token, which is good once. */
export const refreshTokenOf = (id: number): string => `refresh-${id}`;

const uuidOf = (text: string): string =>
  createHash('md5')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** What months of use leave in addition to accounts, posts and votes: sessions, mails, reports, keys of retries, and 100,000 retained events for each unit of scale. */
export const past = (scale: number, users: number): string[] => {
  const some = (count: number) => `generate_series(1, ${Math.round(count * scale)}) AS n`;
  return [
    // Used last of all, also when its account logs in again meanwhile.
    `INSERT INTO auth.sessions (id, user_id, number, last_used_at, expires_at, ip, user_agent)
     SELECT md5('session ' || id)::uuid, id, 1, now() + interval '1 hour', now() + interval '20 days', '192.0.2.1', 'bench' FROM auth.users`,
    `INSERT INTO auth.sessions (user_id, number, last_used_at, expires_at, ip, user_agent)
     SELECT account, n + 1, now() - n * interval '1 minute', now() + interval '20 days', '192.0.2.1', 'bench' FROM unnest(ARRAY[${manySessions.join()}]) AS account, ${some(2_000)}`,
    `UPDATE auth.users SET last_session_number = ${Math.round(2_000 * scale) + 1} WHERE id IN (${manySessions.join()})`,
    `INSERT INTO auth.refresh_tokens (hash, session_id, expires_at)
     SELECT sha256(convert_to('refresh-' || id, 'UTF8')), md5('session ' || id)::uuid, now() + interval '10 days' FROM auth.users`,
    `INSERT INTO auth.refresh_tokens (hash, session_id, expires_at, used_at)
     SELECT sha256(convert_to('used ' || id, 'UTF8')), md5('session ' || id)::uuid, now() + interval '10 days', now() - id % 12 * interval '1 day' FROM auth.users`,
    `INSERT INTO auth.seen_devices (user_id, fingerprint, seen_at)
     SELECT id, decode(md5(id::text), 'hex'), now() - id % 170 * interval '1 day' FROM auth.users`,
    `INSERT INTO auth.rate_limits (key, points, expire)
     SELECT 'bench:' || n, 1, (extract(epoch FROM now()) * 1000)::bigint + 3600000 + n FROM ${some(10_000)}`,
    `INSERT INTO auth.mails (kind, email, failed_at, last_error)
     SELECT 'reset-password', 'nobody-' || n || '@bench.example.test', now() - n % 29 * interval '1 day', 'no such mailbox' FROM ${some(1_000)}`,
    `INSERT INTO auth.mail_tokens (hash, user_id, purpose, email, expires_at)
     SELECT sha256(convert_to('kept ' || id, 'UTF8')), id, 'confirm-email', email, now() + interval '20 hours' FROM auth.users WHERE id <= ${users} / 4`,
    `INSERT INTO auth.moderation_acts (act_key, action, user_id, reason, acted_at)
     SELECT gen_random_uuid(), 'user-banned', n, 'Spam', now() FROM ${some(1_000)}`,
    `INSERT INTO auth.revocations (number, event_id, type, data, recorded_at)
     SELECT n, gen_random_uuid(), 'auth.user-deleted.v1', jsonb_build_object('user_id', n * 100), now() - interval '1 day' FROM ${some(100)}`,
    `INSERT INTO posts.reports (post_id, reporter_id, reason)
     SELECT id, 1, 'Spam' FROM posts.posts WHERE published ORDER BY id DESC LIMIT ${Math.round(2_000 * scale)}`,
    `INSERT INTO posts.moderation_log (act_key, action, post_id, reason, created_at)
     SELECT gen_random_uuid(), 'post-removed', n, 'Spam', now() FROM ${some(2_000)}`,
    `INSERT INTO posts.idempotency_keys (user_id, key, body_digest, status, headers, body, post_id)
     SELECT 1 + n, n, sha256(n::text::bytea), 201, '{}', repeat('x', 500), n FROM ${some(5_000)}`,
    `INSERT INTO posts.stream_tickets (digest, user_id, caller, expires_at)
     SELECT sha256(n::text::bytea), n, '{}', now() + interval '3 hours' FROM ${some(500)}`,
    ...(['posts', 'votes'] as const).flatMap((service) => [
      `INSERT INTO ${service}.quarantine (run, source, subject, reason, content, moved_at)
       SELECT md5('run')::uuid, '${service}', 'user ' || n, 'audit', '{}', now() - n % 29 * interval '1 day' FROM ${some(1_000)}`,
      `INSERT INTO ${service}.dead_letters (message_id, subject, body, last_error, dead_at)
       SELECT 'letter ' || n, 'x.y.v1', '{}', 'bench', now() FROM ${some(100)}`,
    ]),
    events('auth', 10_000 * scale, [], `'auth.user-registered.v1'`, `'user_id', n, 'created_at', now()`),
    events(
      'posts',
      30_000 * scale,
      ['votes'],
      `'posts.post-created.v1'`,
      `'post_id', n, 'owner_id', 1, 'published', true, 'version', 1`,
    ),
    events('votes', 60_000 * scale, ['posts'], `'votes.vote-cast.v1'`, `'post_id', 1 + n, 'user_id', n`),
  ].flat();
};

/** Events that were published and applied during the last six days. */
function events(publisher: string, count: number, consumers: string[], type: string, data: string): string[] {
  const ids = `SELECT n, md5('${publisher} ' || n)::uuid AS id, now() - (1 - n / ${count}::float8) * interval '6 days' - interval '1 minute' AS at
     FROM generate_series(1, ${Math.round(count)}) AS n`;
  return [
    `INSERT INTO ${publisher}.outbox (event_id, created_at, published_at, envelope)
     SELECT id, at, at, jsonb_build_object('specversion', '1.0', 'id', id, 'source', 'agora/${publisher}', 'type', ${type}, 'time', at,
       'datacontenttype', 'application/json', 'data', jsonb_build_object(${data})) FROM (${ids}) AS given`,
    ...consumers.map(
      (consumer) =>
        `INSERT INTO ${consumer}.inbox (event_id, applied_at) SELECT id, at FROM (${ids}) AS given`,
    ),
  ];
}
