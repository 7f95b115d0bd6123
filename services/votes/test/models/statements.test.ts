import { voteCast, voteRetracted } from '@agora/contracts';
import { definedStatements, valuesAfterText } from '@agora/database';
import { explainStatements, type Example } from '@agora/testing/explain-statements';

/** The post with 100,000 votes, the user with 20,000. */
const [post, user] = [7, 7];
const ids = Array.from({ length: 100 }, (_, n) => n * 13 + 1);
const uuid = '01990000-0000-7000-8000-000000000001';
const all = (value: unknown) => ids.map(() => value);

/** Example values of every statement of votes, by its name. */
const examples: Record<string, Example[]> = {
  'id-space-used': [{ values: [] }],
  'database-time': [{ values: [] }],
  'audit-results': [{ values: [] }],
  'audit-results-save': [{ values: [['votes'], [1]] }],
  imports: [{ values: [] }],
  'imports-begin': [{ values: ['votes', 'extent', [0]] }],
  'imports-record': [{ values: ['votes', [5], 7] }],
  'add-vote': [{ values: [post, 150_001, uuid, '{}', null, 4] }],
  'take-vote-back': [{ values: [post, 500, uuid, '{}', null, 4] }],
  'votes-cast-on': [{ values: [[`${user},${user + 1}`], [ids.join()]] }],
  // An export reads one user's votes and sorts them for each page; an index for it would slow down every vote.
  'votes-list-of': [{ values: [user, 500, 1_000], mostRows: 25_000 }],
  'votes-among-of': [
    {
      values: [
        [user, user + 1],
        [uuid, null],
        [ids.join(), ids.join()],
      ],
    },
  ],
  'votes-erase-on': [{ values: [post, 1_000] }, { values: [user + 1_000, 1_000] }],
  'votes-erase-of': [{ values: [user, 100] }],
  'votes-count-step': [{ values: [post, 500, 20_000], mostRows: 20_000 }],
  'votes-count-up-to': [{ values: [ids, 1_000], mostRows: 110_000 }],
  'votes-recent-events': [
    { values: [post, new Date(Date.now() - 60_000), voteCast.type, voteRetracted.type] },
  ],
  'voter-tombstone': [{ values: [500] }],
  'voter-hold-tombstone': [{ values: [500] }],
  'known-posts-upsert': [{ values: [ids, ids, all(true), all(9), all(uuid), all(false)] }],
  'known-post-tombstones': [{ values: [ids, all(null)] }],
  'known-post-correct': [{ values: [500, 7, true, 3, uuid] }],
  'known-post-remove-tombstone': [{ values: [500, uuid] }],
  // An audit counts all votes on the posts that it asks for.
  'votes-not-allowed-count': [{ values: [ids], mostRows: 110_000 }],
  'votes-not-allowed-set-aside': [{ values: [post + 1_000, 500, uuid, 'post 1007', 'lost'] }],
  'known-post-hold-tombstone': [{ values: [500] }],
  'import-votes': [{ values: [[200_001], [200_001]] }],
  'votes-of-set-aside': [{ values: [user, 500, uuid, 'user 7', 'lost'] }],
  'votes-on-set-aside': [{ values: [post, 500, uuid, 'post 7', 'lost'] }],
  'erasure-request': [{ values: ['votes-on-post', ids] }],
  'erasure-next': [{ values: [['votes-on-post', 'votes-of-user']] }],
  'erasure-put-back': [{ values: ['votes-on-post', 500, 0, null] }],
  'erasure-finish': [{ values: ['votes-on-post', 500] }],
  'erasures-pending': [{ values: ['votes-on-post', ids] }],
  'erasures-status': [{ values: [], mostRows: 10_000 }],
  'values-after': [
    { text: valuesAfterText('votes', 'post_id'), values: [0, 500] },
    { text: valuesAfterText('votes', 'user_id'), values: [0, 500] },
  ],
};

const grow = (from: number, to: number) => `
  INSERT INTO known_posts (id, owner_id, published, version) SELECT n, n % 1000, true, 1 FROM generate_series(${from}, ${to}) n;
  INSERT INTO voters (id) SELECT n FROM generate_series(${from}, ${to}) n;
  INSERT INTO votes (post_id, user_id) SELECT ${post}, n FROM generate_series(${from}, ${to}) n;
  INSERT INTO votes (post_id, user_id) SELECT n, ${user} FROM generate_series(${from} / 5 + 8, ${to} / 5) n;
  INSERT INTO votes (post_id, user_id) SELECT n % 40000 + 8, n / 2 + 8 FROM generate_series(${from}, ${to}) n ON CONFLICT DO NOTHING;
  INSERT INTO outbox (event_id, envelope, published_at)
    SELECT gen_random_uuid(), jsonb_build_object('type', 'votes.vote-cast.v1', 'data', jsonb_build_object('post_id', n)), now() - n * interval '1 second'
    FROM generate_series(${from}, ${to} / 5) n;
  INSERT INTO erasures (kind, id) SELECT 'votes-on-post', n FROM generate_series(${from}, ${to} / 5) n;`;

explainStatements({
  service: 'votes',
  defined: definedStatements,
  sources: new URL('../../src/', import.meta.url),
  examples,
  // Of packages that votes shares with posts, where they are explained.
  others: /^(quarantine|count-rows|estimate-rows)/,
  grow,
});
