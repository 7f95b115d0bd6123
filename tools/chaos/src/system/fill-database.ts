import { seed } from '@agora/bench/seed';
import pg from 'pg';
import type { LargeData } from '../faults/fault.js';

const scale = 10;
const [hotPost, manySessions, prolific] = [1, 5, 3];
const everybody = 'SELECT id FROM auth.users';

/** What is as large as it gets, beside what bench fills a database with. */
const extremes = [
  `SET session_replication_role = replica`,
  `INSERT INTO auth.sessions (user_id, number, last_used_at, expires_at, ip, user_agent)
   SELECT ${manySessions}, 1000000 + n, now() - n * interval '1 minute', now() + interval '20 days', '192.0.2.1', 'chaos'
   FROM generate_series(1, 20000) AS n`,
  `UPDATE auth.users SET last_session_number = 1020000 WHERE id = ${manySessions}`,
  `INSERT INTO votes.votes (post_id, user_id) SELECT ${hotPost}, id FROM (${everybody}) AS users ON CONFLICT DO NOTHING`,
  `UPDATE posts.posts SET votes = (SELECT count(*) FROM votes.votes WHERE post_id = ${hotPost}) WHERE id = ${hotPost}`,
  ...['posts.posts', 'votes.known_posts'].map(
    (table) => `UPDATE ${table} SET owner_id = ${prolific} WHERE id % 40 = 0 AND id % 100 <> 50`,
  ),
  ...events('votes', 600_000, 'posts', `'votes.vote-cast.v1'`, `'post_id', 1 + n, 'user_id', n`),
  ...events('posts', 400_000, 'votes', `'posts.post-created.v1'`, `'post_id', n, 'owner_id', 1`),
  'VACUUM ANALYZE',
];

/** Events that were published and applied during the last six days, and are retained. */
function events(publisher: string, count: number, consumer: string, type: string, data: string): string[] {
  const past = `SELECT n, md5('retained ${publisher} ' || n)::uuid AS id,
      now() - (1 - n / ${count}::float8) * interval '6 days' - interval '1 minute' AS at FROM generate_series(1, ${count}) AS n`;
  return [
    `INSERT INTO ${publisher}.outbox (event_id, created_at, published_at, envelope)
     SELECT id, at, at, jsonb_build_object('specversion', '1.0', 'id', id, 'source', 'agora/${publisher}', 'type', ${type}, 'time', at,
       'datacontenttype', 'application/json', 'data', jsonb_build_object(${data})) FROM (${past}) AS given`,
    `INSERT INTO ${consumer}.inbox (event_id, applied_at) SELECT id, at FROM (${past}) AS given`,
  ];
}

/** Fills a migrated, empty database with 100,000 accounts, 500,000 posts, some 5,000,000 votes, and what is as large as it gets. */
export async function fillDatabase(database: pg.ClientConfig, signal: AbortSignal): Promise<LargeData> {
  const { password } = await seed(database, { scale, bcryptCost: 10, signal });
  const client = new pg.Client(database);
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const statement of extremes) {
      signal.throwIfAborted();
      await client.query(statement);
    }
  } finally {
    await client.end();
  }
  return { password, hotPost, manySessions, prolific };
}
