import type pg from 'pg';

/** The share that exists of what was asked for. */
type Part = number;

/** The first of the accounts that vote on everything. */
const crowdFrom = 20_000_001;
const count = (most: number, part: Part) => Math.max(10, Math.round(most * part));

/** Runs statements past triggers and foreign keys, which hold by construction. */
async function load(database: pg.Pool, statements: string[]): Promise<void> {
  const client = await database.connect();
  try {
    await client.query(
      `SET session_replication_role = replica; SET synchronous_commit = off; SET statement_timeout = 0`,
    );
    for (const statement of statements) await client.query(statement);
  } finally {
    client.release(true);
  }
}

/** Adds a million accounts that vote on five posts each, so that each post has a million votes and there are five million more. */
export async function addCrowd(database: pg.Pool, posts: readonly number[], part: Part): Promise<void> {
  const size = count(1_000_000, part);
  const crowd = `generate_series(${crowdFrom}, ${crowdFrom + size - 1}) AS id`;
  await load(database, [
    `INSERT INTO auth.users (id, email, password_hash) OVERRIDING SYSTEM VALUE SELECT id, id || '@crowd.example.test', '-' FROM ${crowd}`,
    `INSERT INTO votes.voters (id) SELECT id FROM ${crowd}`,
    ...posts.flatMap((post) => [
      `INSERT INTO votes.votes (post_id, user_id) SELECT ${post}, id FROM ${crowd}`,
      `UPDATE posts.posts SET votes = votes + ${size} WHERE id = ${post}`,
    ]),
    'VACUUM ANALYZE auth.users, votes.voters, votes.votes, posts.posts',
  ]);
}

/** Leaves five million unpublished events in the outbox of votes, with no relay, as without NATS. */
export async function stopPublishing(database: pg.Pool, part: Part): Promise<void> {
  await load(database, [
    `UPDATE votes.leases SET holder = 'bench', token = token + 1, expires_at = now() + interval '1 hour' WHERE name = 'relay'`,
    `INSERT INTO votes.outbox (event_id, envelope)
     SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '{"type": "bench"}' FROM generate_series(1, ${count(5_000_000, part)}) AS n`,
  ]);
}

/** Takes that back. */
export const goOnPublishing = (database: pg.Pool): Promise<void> =>
  load(database, [
    `DELETE FROM votes.outbox WHERE published_at IS NULL AND event_id < '00000000-0000-4000-9000-000000000000'`,
    `UPDATE votes.leases SET expires_at = now() WHERE name = 'relay'`,
    'VACUUM votes.outbox',
  ]);

/** Adds two million rows to outbox and inbox of votes that are past their retention. */
export async function addPastRetention(database: pg.Pool, part: Part): Promise<void> {
  const rows = `generate_series(1, ${count(1_000_000, part)}) AS n`;
  await load(database, [
    `INSERT INTO votes.outbox (event_id, envelope, published_at) SELECT gen_random_uuid(), '{"type": "bench"}', now() - interval '9 days' FROM ${rows}`,
    `INSERT INTO votes.inbox (event_id, applied_at) SELECT gen_random_uuid(), now() - interval '39 days' FROM ${rows}`,
  ]);
}

/** Whether any of them are left. */
export async function hasPastRetention(database: pg.Pool): Promise<boolean> {
  const { rows } = await database.query<{ left: boolean }>(
    `SELECT EXISTS (SELECT FROM votes.outbox WHERE published_at < now() - interval '8 days')
         OR EXISTS (SELECT FROM votes.inbox WHERE applied_at < now() - interval '38 days') AS left`,
  );
  return rows[0]?.left ?? false;
}
