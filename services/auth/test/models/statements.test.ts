import { definedStatements } from '@agora/database';
import { explainStatements, type Example } from '@agora/testing/explain-statements';

/** Has 20,000 sessions. */
const user = 7;
const uuid = '01990000-0000-7000-8000-000000000001';
const digest = Buffer.alloc(32);

/** Example values of every statement of auth, by its name. */
const examples: Record<string, Example[]> = {
  'id-space-used': [{ values: [] }],
  'database-time': [{ values: [] }],
  imports: [{ values: [] }],
  'imports-begin': [{ values: ['votes', 'extent', [0]] }],
  'imports-record': [{ values: ['votes', [5], 7] }],
  'counters-delete-expired': [{ values: [Date.now() - 3_600_000, 1_000] }],
  'delete-expired-sessions': [{ values: [] }],
  'delete-used-refresh-tokens': [{ values: [] }],
  'newest-sessions': [
    { values: [user, 0, 50, 0] },
    { values: [user, 0, 500, 49] },
    { values: [500, 0, 50, 0] },
  ],
  'next-session-erasure': [{ values: [] }],
  'erase-sessions': [{ values: [user, 10_000] }],
  'postpone-session-erasure': [{ values: [500] }],
  'finish-session-erasure': [{ values: [500] }],
  'trim-sessions-later': [{ values: [500] }],
  'erase-sessions-later': [{ values: [500, 7] }],
  'rotate-refresh-token': [{ values: [digest, Buffer.alloc(32, 1), 1_000] }],
  'find-accounts': [{ values: [[500, 501]] }],
  'find-account-keys': [{ values: [[500, 501]] }],
  'reserve-email': [{ values: [500, 'nobody@example.test'] }],
  'reserve-email-done': [{ values: [500] }],
  'revocations-after': [{ values: [99_000] }],
  'newest-revocation': [{ values: [] }],
  'forget-revocations': [{ values: [0, 50_000] }, { values: [49_000, 50_000] }],
  'insert-mail': [{ values: ['confirm-email', 500, '500@example.test', '{}'] }],
  'claim-mails': [{ values: [50, 60] }],
  'delete-mail': [{ values: [uuid] }],
  'postpone-mail': [{ values: [uuid, 'refused', 60, false] }],
  'drop-mails-of-account': [{ values: [500, ['confirm-email']] }],
  'drop-mails-to-address': [{ values: ['500@example.test', ['confirm-email']] }],
  'delete-old-failed-mails': [{ values: [1_000] }],
  'measure-mails': [{ values: [] }],
  'list-mails': [{ values: [100] }],
  'count-failed-mails': [{ values: [uuid], mostRows: 50_000 }],
  'failed-mails': [{ values: [1_000] }],
  'retry-failed-mails': [{ values: [[uuid]] }],
  'discard-failed-mails': [{ values: [[uuid]] }],
  'find-mail-token': [{ values: [digest, 'confirm-email'] }],
  'use-mail-token': [{ values: [digest, 'confirm-email'] }],
  'issue-mail-token': [{ values: [uuid, digest, 500, 'confirm-email', '500@example.test', 3_600] }],
  'void-mail-tokens': [{ values: [500, 'confirm-email'] }],
  'void-mail-tokens-of-address': [{ values: ['500@example.test', 'reset-password'] }],
  'delete-expired-mail-tokens': [{ values: [1_000] }],
  'pending-email': [{ values: [500] }],
  'insert-recovery-codes': [{ values: [500, [digest]] }],
  'delete-recovery-codes': [{ values: [500] }],
  'use-recovery-code': [{ values: [500, digest] }],
  'use-totp-step': [{ values: [500, 57_000_000, 'secret'] }],
  'see-device': [{ values: [500, digest] }],
  'forget-devices': [{ values: [500, 20] }],
  'delete-old-devices': [{ values: [1_000] }],
  'read-login-counters': [{ values: [['key:500', 'key:700'], 0] }],
  'moderation-act-append': [{ values: [uuid, null, 'user-banned', 500, 'Spam', '2026-01-01'] }],
  'accounts-list': [{ values: [50_000, 11] }],
  // Looks through 10,000, and asks the index only for what was not among them.
  'accounts-found-among': [{ values: [2_147_483_647, 11, '%no%'], mostRows: 10_000 }],
  'accounts-found': [{ values: [2_147_483_647, 11, '%nobody%'] }],
  'highest-password-cost': [{ values: [] }],
  'import-users': [{ values: [[200_001], ['new@example.test'], ['hash'], ['2026-01-01']] }],
};

const grow = (from: number, to: number) => `
  INSERT INTO users (email, password_hash, last_session_number)
    SELECT n || '@example.test', '$2b$12$hash', n FROM generate_series(${from}, ${to}) n;
  INSERT INTO sessions (id, user_id, number, expires_at, ip, user_agent)
    SELECT md5(n::text)::uuid, CASE n % 5 WHEN 0 THEN ${user} ELSE n END, n, now() + (n % 30 - 3) * interval '1 day', '127.0.0.1', 'test'
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO refresh_tokens (hash, session_id, expires_at, used_at)
    SELECT decode(md5(n::text), 'hex'), md5(n::text)::uuid, now() + interval '14 days', CASE WHEN n % 2 = 0 THEN now() - n % 30 * interval '1 day' END
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO rate_limits (key, points, expire)
    SELECT 'key:' || n, 1, (extract(epoch FROM now()) * 1000)::bigint - n * 100 FROM generate_series(${from}, ${to}) n;
  INSERT INTO mails (kind, user_id, email, due_at, failed_at)
    SELECT 'confirm-email', n, n || '@example.test', now() - n * interval '1 second', CASE WHEN n % 2 = 0 THEN now() - n % 60 * interval '1 day' END
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO mail_tokens (hash, user_id, purpose, email, expires_at)
    SELECT decode(md5(n::text), 'hex'), n, 'confirm-email', n || '@example.test', now() + (n % 10 - 5) * interval '1 hour'
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO recovery_codes (user_id, hash) SELECT n, decode(md5(n::text), 'hex') FROM generate_series(${from}, ${to}) n;
  INSERT INTO seen_devices (user_id, fingerprint, seen_at)
    SELECT n, decode(md5(n::text), 'hex'), now() - n % 200 * interval '1 day' FROM generate_series(${from}, ${to}) n;
  INSERT INTO session_erasures (user_id, up_to) SELECT n, 1 FROM generate_series(${from}, ${to} / 5) n;
  INSERT INTO revocations (number, event_id, type, data, recorded_at)
    SELECT n, gen_random_uuid(), 'auth.user-deleted.v1', '{"user_id": 1}', now() - (${to} - n) * interval '7 seconds' FROM generate_series(${from}, ${to}) n;`;

explainStatements({
  service: 'auth',
  defined: definedStatements,
  sources: new URL('../../src/', import.meta.url),
  examples,
  // A lock reads no rows. Statements of packages are explained where they are used.
  others: /^(signing-keys-take-turn$|erasure|values-after|quarantine|count-rows|estimate-rows|audit-results)/,
  grow,
});
