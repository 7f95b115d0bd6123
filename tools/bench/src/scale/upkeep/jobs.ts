import { services, type ServiceName } from '@agora/local-stack';

/** One step of what a service does now and then: a statement, run as its role and taken back. */
export interface Job {
  name: string;
  service: ServiceName;
  statement: string;
  values?: unknown[];
  /** Makes rows that are due. */
  due?: string;
}

const batch = 'generate_series(1, 1000) AS n';

/** All that is done without being asked. What runs many times a second is in the cost of an idle second too. */
export const jobs: readonly Job[] = [
  job(
    'auth',
    'delete-expired-sessions',
    [],
    `UPDATE sessions SET expires_at = now() - n * interval '1 second' FROM generate_series(1, 250) AS n WHERE id = md5('session ' || n)::uuid`,
  ),
  job(
    'auth',
    'delete-used-refresh-tokens',
    [],
    `UPDATE refresh_tokens SET used_at = now() - interval '20 days' FROM ${batch} WHERE hash = sha256(convert_to('used ' || n, 'UTF8'))`,
  ),
  job('auth', 'next-session-erasure'),
  job(
    'auth',
    'counters-delete-expired',
    [Date.now(), 1_000],
    `INSERT INTO rate_limits (key, points, expire) SELECT 'due:' || n, 1, n FROM ${batch}`,
  ),
  job(
    'auth',
    'delete-expired-mail-tokens',
    [1_000],
    `UPDATE mail_tokens SET expires_at = now() - interval '1 second' FROM ${batch} WHERE hash = sha256(convert_to('kept ' || n, 'UTF8'))`,
  ),
  job(
    'auth',
    'delete-old-devices',
    [1_000],
    `UPDATE seen_devices SET seen_at = now() - interval '181 days' FROM ${batch} WHERE user_id = n`,
  ),
  job(
    'auth',
    'delete-old-failed-mails',
    [1_000],
    `INSERT INTO mails (kind, email, failed_at) SELECT 'reset-password', n || '@due.example.test', now() - interval '31 days' FROM ${batch}`,
  ),
  job(
    'auth',
    'claim-mails',
    [50, 60],
    `INSERT INTO mails (kind, email) SELECT 'reset-password', n || '@due.example.test' FROM generate_series(1, 50) AS n`,
  ),
  job('auth', 'measure-mails'),
  job('auth', 'newest-revocation'),
  job('auth', 'revocations-after', [0]),
  job('auth', 'forget-revocations', [0, 2_000_000_000]),
  job('auth', 'highest-password-cost'),
  job(
    'posts',
    'idempotency-key-delete-expired',
    [1_000],
    `INSERT INTO idempotency_keys (user_id, key, body_digest, status, headers, body, created_at) SELECT n, 'due', '', 201, '{}', '', now() - interval '2 days' FROM ${batch}`,
  ),
  job(
    'posts',
    'stream-ticket-delete-expired',
    [1_000],
    `INSERT INTO stream_tickets (digest, user_id, caller, expires_at) SELECT decode(md5(n::text), 'hex'), n, '{}', now() - interval '1 minute' FROM ${batch}`,
  ),
  job('posts', 'author-unnamed', [0, 500]),
  job('posts', 'author-without-email', [0, 500]),
  job('posts', 'author-outdated-email', [500]),
  job('posts', 'author-forget-old-emails', [500]),
  job('posts', 'author-forget-public-emails', [500]),
  job('posts', 'erasure-next', [['posts-of-author', 'answers-of-user', 'reports-of-user']]),
  job('posts', 'erasures-status'),
  job('posts', 'id-space-used'),
  job('posts', 'quarantine-purge', [30, 1_000], dueQuarantine('posts')),
  job('votes', 'quarantine-purge', [30, 1_000], dueQuarantine('votes')),
  job('votes', 'erasure-next', [['votes-on-post', 'votes-of-user']]),
  ...services.flatMap((service) => [
    job(service, 'maintain-partitions', ['outbox', 7]),
    job(service, 'maintain-partitions', ['inbox', 30]),
    job(
      service,
      'purge-outbox',
      [7],
      `INSERT INTO outbox (event_id, envelope, published_at) SELECT gen_random_uuid(), '{}', now() - interval '9 days' FROM generate_series(1, 5000)`,
    ),
    job(
      service,
      'purge-inbox',
      [30],
      `INSERT INTO inbox (event_id, applied_at) SELECT gen_random_uuid(), now() - interval '39 days' FROM generate_series(1, 5000)`,
    ),
  ]),
];

function dueQuarantine(source: string): string {
  return `INSERT INTO quarantine (run, source, subject, reason, content, moved_at) SELECT md5('run')::uuid, '${source}', 'due', 'audit', '{}', now() - interval '40 days' FROM ${batch}`;
}

function job(service: ServiceName, statement: string, values: unknown[] = [], due?: string): Job {
  return { name: statement, service, statement, values, ...(due !== undefined && { due }) };
}
