import pg from 'pg';
import { hash } from 'bcrypt';
import { accountKeyInSql, manySessions, past } from './past.js';

/** What was put into the databases of a system. */
export interface Data {
  users: number;
  /** Its password is that of every account. */
  password: string;
  /** The user who owns a quarter of all posts. */
  author: number;
  /** How many those are. */
  ownPosts: number;
  /** Some posts that everybody may see, in no order. */
  posts: number[];
  /** The post that everybody has voted for. */
  hotPost: number;
  /** Users with 2,000 sessions each per unit of scale. */
  manySessions: readonly [number, number];
  /** The user who owns every fiftieth post and can be deleted with them. */
  prolific: number;
  /** Accounts that have cast no vote but on the hot post, for one who needs them to take away. */
  voters: number[];
  /** Further accounts, as many at every scale, each with the id of a published post of its own: to be changed and deleted. */
  spare: { user: number; post: number }[];
  counts: { users: number; posts: number; votes: number };
}

interface SeedOptions {
  /** Of 10k users, 50k posts and some 500k votes. */
  scale: number;
  /** Accounts and posts in addition to those of the scale; none by default. */
  spare?: number;
  bcryptCost: number;
  signal: AbortSignal;
}

const password = 'correct horse battery';

/** The author owns every fourth post. */
const author = 1;
/** Owns every fiftieth. */
const prolific = 3;
const hotPost = 1;

/**
 * Fills an empty, migrated database directly, all three schemas as if the services had written them: counts match
 * the votes, every hundredth user and post was deleted and left its tombstones, every twentieth post is a draft.
 */
export async function seed(
  database: pg.ClientConfig,
  { scale, spare = 0, bcryptCost, signal }: SeedOptions,
): Promise<Data> {
  const [users, posts] = [Math.round(10_000 * scale), Math.round(50_000 * scale)];
  const client = new pg.Client(database);
  client.on('error', () => undefined);
  await client.connect();
  // A statement that is under way is broken off by that.
  const giveUp = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', giveUp);
  try {
    await withoutIndexes(client, async () => {
      // In one transaction, so that the same moment is `now()` in every schema.
      await client.query('BEGIN');
      const passwordHash = await hash(password, bcryptCost);
      for (const statement of [
        ...statementsFor(users, posts, spare, passwordHash),
        ...past(scale, users + spare),
      ])
        await client.query(statement);
      await client.query('COMMIT');
    });
    await client.query('VACUUM ANALYZE');
    return await describe(client, users, posts);
  } finally {
    signal.removeEventListener('abort', giveUp);
    await client.end();
  }
}

// Foreign keys, which hold by construction, are not looked at row by row: that would take minutes.
const statementsFor = (users: number, posts: number, spare: number, passwordHash: string): string[] => [
  `SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '256MB'`,
  `INSERT INTO auth.users (id, email, account_key, password_hash, created_at, last_session_number) OVERRIDING SYSTEM VALUE
   SELECT id, ${emailInSql('id')}, ${accountKeyInSql('id')}, '${passwordHash}', ${joinedAt('id')}, 1
   FROM generate_series(1, ${users + spare}) AS id WHERE NOT ${isDeletedUser('id')}`,
  `INSERT INTO posts.authors (id, account_key, name, version, created_at, deleted_at)
   SELECT id, ${accountKeyInSql('id')}, CASE WHEN NOT ${isDeletedUser('id')} THEN 'user_' || id END, 1,
          CASE WHEN NOT ${isDeletedUser('id')} THEN ${joinedAt('id')} END, CASE WHEN ${isDeletedUser('id')} THEN now() END
   FROM generate_series(1, ${users + spare}) AS id`,
  `INSERT INTO votes.voters (id, account_key, deleted_at)
   SELECT id, ${accountKeyInSql('id')}, CASE WHEN ${isDeletedUser('id')} THEN now() END FROM generate_series(1, ${users + spare}) AS id`,
  `CREATE TEMPORARY TABLE seeded AS
   SELECT id, owner_id, id % 20 <> 7 AS published, id % 100 = 50 OR ${isDeletedUser('owner_id')} AS is_deleted
   FROM (SELECT id, CASE WHEN id > ${posts} THEN id - ${posts} + ${users} WHEN id % 4 = 0 THEN ${author} WHEN id % 50 = 1 AND id > 1 THEN ${prolific}
                          ELSE 1 + (id::bigint * 7919) % ${users} END AS owner_id
         FROM generate_series(1, ${posts + spare}) AS id) AS owned`,
  `INSERT INTO votes.known_posts (id, owner_id, published, version, deleted_at)
   SELECT id, owner_id, published, 1, CASE WHEN is_deleted THEN now() END FROM seeded`,
  // Of half of the users, the others vote while it is measured, and of all on the hot post; how many votes a post has falls off exponentially, some 10 on average.
  // Posts are written last, and their keys say when: an audit takes a vote that is older than its post for drift.
  `INSERT INTO votes.votes (post_id, user_id, created_at)
   SELECT post_id, user_id, now() + interval '10 minutes' FROM (
     SELECT id AS post_id, 1 + (id::bigint * 31 + vote * 17) % ${Math.floor(users / 2)} AS user_id
     FROM seeded, generate_series(1, least(${Math.floor(users / 2)}, floor(-11.2 * ln(((id::bigint * 7919) % 100 + 0.5) / 100)))::int) AS vote
     WHERE NOT is_deleted AND published AND id <> ${hotPost}
     UNION ALL SELECT ${hotPost}, id FROM generate_series(1, ${users}) AS id
   ) AS cast_votes WHERE NOT ${isDeletedUser('user_id')} ORDER BY post_id, user_id`,
  `INSERT INTO posts.posts (id, owner_id, title, content, published, votes, created_at, updated_at) OVERRIDING SYSTEM VALUE
   SELECT id, owner_id, 'Post ' || id || ' on ' || md5(id::text), repeat(md5((id * 2)::text) || ' ', 12), published,
          coalesce(given.votes, 0), ${publishedAt(posts)}, ${publishedAt(posts)}
   FROM seeded LEFT JOIN (SELECT post_id, count(*) AS votes FROM votes.votes GROUP BY post_id) AS given ON post_id = id
   WHERE NOT is_deleted ORDER BY id`,
  `SELECT setval(pg_get_serial_sequence('auth.users', 'id'), ${users + spare}), setval(pg_get_serial_sequence('posts.posts', 'id'), ${posts + spare})`,
];

const isDeletedUser = (id: string) => `(${id} % 100 = 0)`;
const emailInSql = (id: string) => `'user-' || ${id} || '@bench.example.test'`;
/** The address of a user. */
export const emailOf = (id: number): string => `user-${id}@bench.example.test`;
const joinedAt = (id: string) =>
  `date_trunc('milliseconds', now()) - interval '2 years' + ${id} * interval '1 second'`;
/** The last of them just now, the first a year ago. */
const publishedAt = (posts: number) =>
  `date_trunc('milliseconds', now() - greatest(${posts} - id, 0) * (interval '1 year' / ${posts}))`;

/** Indexes that no constraint needs are made when all rows are there, which is several times faster. */
async function withoutIndexes(client: pg.Client, fill: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT format('%I.%I', schemaname, indexname) AS name, indexdef AS definition FROM pg_indexes
     WHERE schemaname IN ('auth', 'posts', 'votes') AND tablename IN ('posts', 'votes', 'outbox', 'inbox', 'sessions', 'refresh_tokens')
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = format('%I.%I', schemaname, indexname)::regclass)`,
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  await fill();
  for (const { definition } of rows) await client.query(definition);
}

async function describe(client: pg.Client, users: number, posts: number): Promise<Data> {
  const select = async <Row>(statement: string) => (await client.query(statement)).rows as Row[];
  const ids = async (statement: string) => (await select<{ id: number }>(statement)).map(({ id }) => id);
  const [counted] = await select<Data['counts'] & { own: number }>(
    `SELECT (SELECT count(*) FROM auth.users)::int AS users, (SELECT count(*) FROM posts.posts)::int AS posts,
            (SELECT count(*) FROM votes.votes)::int AS votes,
            (SELECT count(*) FROM posts.posts WHERE owner_id = ${author})::int AS own`,
  );
  const { own, ...counts } = counted ?? { users: 0, posts: 0, votes: 0, own: 0 };
  return {
    users,
    password,
    author,
    ownPosts: own,
    hotPost,
    manySessions,
    prolific,
    posts: await ids(
      `SELECT id FROM posts.posts WHERE published AND id BETWEEN ${hotPost + 1} AND ${posts} ORDER BY md5(id::text) LIMIT 4000`,
    ),
    voters: await ids(
      `SELECT id FROM auth.users WHERE id > ${Math.ceil(users / 2)} AND id <= ${users} ORDER BY id`,
    ),
    spare: await select(
      `SELECT owner_id AS user, id AS post FROM posts.posts WHERE id > ${posts} AND published ORDER BY id`,
    ),
    counts,
  };
}
