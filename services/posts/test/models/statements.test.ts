import { definedStatements, valuesAfterText } from '@agora/database';
import { explainStatements, type Example } from '@agora/testing/explain-statements';
import { feedStatement } from '../../src/models/feed.js';

/** Has 20,000 posts and as many kept answers. */
const owner = 7;
const ids = Array.from({ length: 100 }, (_, n) => n * 13 + 1);
const uuid = '01990000-0000-7000-8000-000000000001';
const digest = Buffer.alloc(32);

/** Further forms of the feed are explained in feed.test.ts. */
const feedOf = (...given: Parameters<typeof feedStatement>): Example => {
  const { text, bind } = feedStatement(...given);
  return { text, values: bind };
};
const newest = { sort: 'new', search: '', limit: 10 } as const;

const noSearch = { text: '', indexed: undefined };

/** Example values of every statement of posts, by its name. */
const examples: Record<string, Example[]> = {
  'id-space-used': [{ values: [] }],
  'database-time': [{ values: [] }],
  'audit-results': [{ values: [] }],
  'audit-results-save': [{ values: [['votes'], [1]] }],
  imports: [{ values: [] }],
  'imports-begin': [{ values: ['votes', 'extent', [0]] }],
  'imports-record': [{ values: ['votes', [5], 7] }],
  feed: [
    feedOf(newest, noSearch),
    feedOf({ ...newest, ownerId: owner }, noSearch, { rank: 500, id: 500 }),
    feedOf({ ...newest, sort: 'top' }, noSearch),
    feedOf({ ...newest, sort: 'hot' }, noSearch),
  ],
  trigrams: [{ values: ['owl'] }],
  'title-rarest-word': [
    {
      values: [
        ['number', 'owl'],
        ['%number%', '%owl%'],
      ],
      mostRows: 2_000,
    },
  ],
  'own-posts': [{ values: [owner, 11, 2_147_483_647] }],
  // One in five posts is theirs, and the planner may walk over all to pass 1,000 over.
  'own-posts-further': [{ values: [owner, 11, 2_147_483_647, 1_000], mostRows: 6_000 }],
  'own-posts-found-by-word': [{ values: [owner, 11, 2_147_483_647, 0, '%number 4321%', '%4321%'] }],
  'own-posts-found': [{ values: [owner, 11, 2_147_483_647, 0, '%number%'] }],
  'own-posts-after': [{ values: [owner, 500, 50] }],
  'post-by-id': [{ values: [500] }],
  'posts-by-ids': [{ values: [ids] }],
  'write-post': [{ values: [500, 'Title', 'Content', true, null, uuid, '{"data":{}}', 0, 0, 4] }],
  'posts-erase-of': [{ values: [owner, 50] }],
  'posts-add-votes': [{ values: [ids, ids] }],
  'author-standing': [{ values: [500] }],
  'author-upsert': [
    { values: [JSON.stringify([{ id: 500, name: 'ann', version: 3, created_at: '2026-01-01T00:00:00Z' }])] },
  ],
  'author-rename': [{ values: [500, 'ann', 3] }],
  'author-place': [{ values: [500] }],
  'author-hold': [{ values: [500] }],
  'author-outdated-email': [{ values: [500] }],
  'author-unnamed': [{ values: [0, 500] }],
  'author-without-email': [{ values: [500, 500] }],
  'author-forget-old-emails': [{ values: [500] }],
  'author-forget-public-emails': [{ values: [500] }],
  'stream-ticket-issue': [{ values: [digest, 500, '{}'] }],
  'stream-ticket-look': [{ values: [digest] }],
  'stream-ticket-redeem': [{ values: [digest] }],
  'stream-ticket-make-room': [{ values: [owner] }],
  'stream-ticket-delete-expired': [{ values: [1_000] }],
  'posts-set-aside': [{ values: [owner, 500, uuid, 'user 7', 'lost'] }],
  'reports-set-aside': [{ values: [owner, 500, uuid, 'user 7', 'lost'] }],
  'quarantine-count-of-run': [{ values: [uuid], mostRows: 100_000 }],
  'quarantine-keep-copy': [{ values: [uuid, 'posts', 'user 7', 'lost', '{}'] }],
  'quarantine-hold-run': [{ values: [uuid, 'posts', 0, 500] }],
  'quarantine-hold-subject': [{ values: ['user 500', 'posts', 500] }],
  'quarantine-forget': [{ values: [ids] }],
  'quarantine-purge': [{ values: [30, 1_000] }],
  'quarantine-columns': [{ values: ['posts'] }],
  'quarantine-insert': [
    {
      text: 'INSERT INTO authors (id) SELECT id FROM jsonb_populate_recordset(NULL::authors, $1::jsonb) ON CONFLICT DO NOTHING RETURNING *',
      values: ['[]'],
    },
  ],
  // For operators; the count of a large table is an estimate.
  'quarantine-list': [{ values: [], mostRows: 100_000 }],
  'rewrite-post': [{ values: [500, 1, 0, 'Title', 'Content', true, uuid, '{}', 4] }],
  'estimate-rows': [{ values: ['posts'] }],
  'count-rows': [{ text: 'SELECT count(*)::int AS rows FROM posts', values: [], mostRows: 100_000 }],
  'report-file': [{ values: [500, 700, 'Spam'] }],
  'reports-list': [{ values: [50_000, 11] }],
  'report-resolve': [{ values: [500] }],
  'reports-resolve-all': [{ values: [500] }],
  'reports-erase-of': [{ values: [owner, 500] }],
  'moderation-log-append': [{ values: [7, 'post-removed', 500, null, 'Spam', null, null] }],
  'moderation-log-list': [{ values: [50_000, 11] }],
  'author-tombstone': [{ values: [500, null] }],
  'author-hold-tombstone': [{ values: [500] }],
  'idempotency-key-claim': [{ values: [owner, 'another', digest] }],
  'idempotency-key-first': [{ values: [owner, '500'] }],
  'idempotency-key-keep': [{ values: [owner, '500', 201, '{}', '', 500] }],
  'idempotency-key-forget-post': [{ values: [500, 404, '{}', ''] }],
  'idempotency-key-erase-of': [{ values: [owner, 500] }],
  'idempotency-key-delete-expired': [{ values: [1_000] }],
  'import-posts': [{ values: [[200_001], [7], ['Title'], ['Content'], [true], ['2026-01-01']] }],
  'erasure-request': [{ values: ['posts-of-author', ids] }],
  'erasure-next': [{ values: [['posts-of-author', 'answers-of-user']] }],
  'erasure-put-back': [{ values: ['posts-of-author', 500, 0, null] }],
  'erasure-finish': [{ values: ['posts-of-author', 500] }],
  'erasures-pending': [{ values: ['posts-of-author', ids] }],
  'erasures-status': [{ values: [], mostRows: 10_000 }],
  'values-after': [
    { text: valuesAfterText('posts'), values: [0, 500] },
    { text: valuesAfterText('posts', 'owner_id'), values: [0, 500] },
  ],
};

const grow = (from: number, to: number) => `
  INSERT INTO authors (id, name, version, created_at) SELECT n, 'name_' || n, 1, now() FROM generate_series(${from}, ${to}) n;
  INSERT INTO posts (owner_id, title, content, published, votes)
    SELECT CASE n % 5 WHEN 0 THEN ${owner} ELSE n % 10000 + 8 END, 'Post number ' || n, 'Content', n % 20 <> 1, n % 1000
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO idempotency_keys (user_id, key, body_digest, status, headers, body, post_id, created_at)
    SELECT CASE n % 5 WHEN 0 THEN ${owner} ELSE n END, n, '', 201, '{}', '', n, now() - n % 30 * interval '1 hour'
    FROM generate_series(${from}, ${to}) n;
  INSERT INTO stream_tickets (digest, user_id, caller, expires_at)
    SELECT decode(md5(n::text), 'hex'), n, '{}', now() + (n % 60 - 30) * interval '1 second' FROM generate_series(${from}, ${to}) n;
  INSERT INTO quarantine (run, source, subject, reason, content, moved_at)
    SELECT '${uuid}', 'posts', 'user ' || n, 'lost', '{}', now() - n % 60 * interval '1 day' FROM generate_series(${from}, ${to}) n;
  INSERT INTO reports (post_id, reporter_id, reason)
    SELECT n, CASE n % 5 WHEN 0 THEN ${owner} ELSE n END, 'Spam' FROM generate_series(${from}, ${to}) n;
  INSERT INTO moderation_log (act_key, action, post_id, created_at)
    SELECT gen_random_uuid(), 'post-removed', n, now() FROM generate_series(${from}, ${to}) n;
  INSERT INTO erasures (kind, id) SELECT 'posts-of-author', n FROM generate_series(${from}, ${to} / 5) n;`;

explainStatements({
  service: 'posts',
  defined: definedStatements,
  sources: new URL('../../src/', import.meta.url),
  examples,
  // They read no rows.
  others: /^idempotency-key-wait-/,
  grow,
});
