import { voteCast, voteRetracted } from '@agora/contracts';
import { defineStatement, inSnapshot, sql, type Statement } from '@agora/database';
import { recordEvent, type EventRow } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';
import type { Account } from './voter.js';

/** The outcome of an attempt to vote: the state of voter and post, and whether the vote changed. */
export interface VoteAttempt {
  /** Undefined for an unknown user; `another` if the id belongs to another account here, or may. */
  voter: 'known' | 'deleted' | 'another' | undefined;
  /** `hidden` is another author's draft, undefined an unknown post. */
  post: 'visible' | 'hidden' | 'deleted' | undefined;
  changed: boolean;
}

// The rows of voter and post are locked, so that their deletion waits for the vote and then deletes it too.
const voterAndPost = `
  voter AS MATERIALIZED (SELECT id, deleted_at, CASE WHEN account_key IS NULL THEN deleted_at IS NOT NULL ELSE account_key <> $5 END AS is_other
    FROM voters WHERE id = $2 FOR SHARE),
  post AS MATERIALIZED (SELECT id, owner_id, published, deleted_at FROM known_posts WHERE id = $1 FOR SHARE),
  allowed AS (
    SELECT post.id AS post_id, voter.id AS user_id FROM voter, post
    WHERE voter.deleted_at IS NULL AND voter.is_other IS NOT TRUE AND post.deleted_at IS NULL AND (post.published OR post.owner_id = voter.id)
  )`;

const attempt = `
  SELECT (SELECT CASE WHEN is_other AND $5::uuid IS NOT NULL THEN 'another' WHEN deleted_at IS NULL THEN 'known' ELSE 'deleted' END FROM voter) AS voter,
         (SELECT CASE WHEN deleted_at IS NOT NULL THEN 'deleted' WHEN published OR owner_id = $2 THEN 'visible' ELSE 'hidden' END FROM post) AS post,
         EXISTS (SELECT 1 FROM changed) AS changed`;

/** A statement that attempts a change of `votes` and records the given event. */
const attemptTo = (name: string, change: string): Statement =>
  defineStatement(
    name,
    `WITH ${voterAndPost}, changed AS (${change}), recorded AS (${recordEvent('changed', 'post_id', { id: '$3', envelope: '$4', partitions: '$6' })}) ${attempt}`,
    { prepared: true },
  );

const addition = attemptTo(
  'add-vote',
  'INSERT INTO votes (post_id, user_id) SELECT post_id, user_id FROM allowed ON CONFLICT DO NOTHING RETURNING post_id',
);

const removal = attemptTo(
  'take-vote-back',
  `DELETE FROM votes USING allowed
   WHERE votes.post_id = allowed.post_id AND votes.user_id = allowed.user_id RETURNING votes.post_id`,
);

const castOn = defineStatement(
  'votes-cast-on',
  // The ids of a page are sent as one text. One index scan per post finds the votes of all readers.
  `SELECT user_id, post_id FROM unnest($1::text[], $2::text[]) AS page(voters, posts)
   CROSS JOIN unnest(string_to_array(posts, ',')::int[]) AS asked_id
   CROSS JOIN LATERAL (
     SELECT user_id, post_id FROM votes WHERE post_id = asked_id AND user_id = ANY(string_to_array(voters, ',')::int[]) OFFSET 0
   ) AS cast_vote`,
  { prepared: true },
);
const listOf = defineStatement(
  'votes-list-of',
  'SELECT post_id, created_at FROM votes WHERE user_id = $1 AND post_id > $2 ORDER BY post_id LIMIT $3',
);
const eraseOn = defineStatement(
  'votes-erase-on',
  `DELETE FROM votes WHERE post_id = $1 AND user_id = ANY(ARRAY(
     SELECT user_id FROM votes WHERE post_id = $1 ORDER BY user_id LIMIT $2 FOR UPDATE)) RETURNING user_id`,
);
const eraseOf = defineStatement(
  'votes-erase-of',
  `DELETE FROM votes WHERE user_id = $1 AND post_id = ANY(ARRAY(
     SELECT post_id FROM votes WHERE user_id = $1 ORDER BY post_id LIMIT $2 FOR UPDATE)) RETURNING post_id`,
);
/** Posts with fewer votes are counted together, others step by step. */
const countsTogether = 2_000;
const stepSize = 20_000;
const countUpTo = defineStatement(
  'votes-count-up-to',
  `SELECT given.id AS post_id,
     (SELECT count(*)::int FROM (SELECT FROM votes WHERE post_id = given.id LIMIT $2) AS counted) AS votes
   FROM unnest($1::int[]) AS given (id)`,
);
const countStep = defineStatement(
  'votes-count-step',
  `SELECT count(*)::int AS votes, max(user_id) AS last
   FROM (SELECT user_id FROM votes WHERE post_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3) AS step`,
);
// Two parts and an order, so that statistics that are behind lead to no scan of a large outbox.
const recentEvents = defineStatement(
  'votes-recent-events',
  `SELECT event_id AS id, CASE envelope->>'type' WHEN $3 THEN 1 ELSE -1 END AS change
   FROM (
     (SELECT event_id, envelope FROM outbox WHERE published_at IS NULL ORDER BY sequence LIMIT 1000000)
     UNION ALL
     (SELECT event_id, envelope FROM outbox WHERE published_at >= $2 ORDER BY published_at LIMIT 1000000)
   ) AS recent
   WHERE envelope->>'type' IN ($3, $4) AND (envelope->'data'->>'post_id')::int = $1`,
);

/** Matches votes that cannot be right: a stranger's on a post that was never published, or one older than the post. */
export const notAllowed = `(NOT post.published AND post.ever_published IS FALSE AND votes.user_id <> post.owner_id)
  OR votes.created_at < to_timestamp(('x' || translate(left(post.post_key::text, 13), '-', ''))::bit(48)::bigint / 1000.0) - interval '5 seconds'`;
const countNotAllowed = defineStatement(
  'votes-not-allowed-count',
  `SELECT post_id, count(*)::int AS votes FROM votes JOIN known_posts AS post ON post.id = post_id
   WHERE post_id = ANY($1::int[]) AND post.deleted_at IS NULL AND (${notAllowed}) GROUP BY post_id`,
);

/** How many votes a post has. */
export interface VoteCount {
  post_id: number;
  votes: number;
}

/** How many votes a post has, and what was published about it lately, of one instant. */
export interface RecentVotes extends VoteCount {
  events: { id: string; change: number }[];
}

/** A page of posts and its readers. */
export interface PageOfReaders {
  userIds: readonly number[];
  postIds: readonly number[];
}

@Table({ tableName: 'votes' })
export class Vote extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare postId: number;

  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare userId: number;

  @Column(DataType.DATE)
  declare createdAt: Date;

  /** Adds the user's vote, if they may vote and have not voted. The constraint decides concurrent attempts. */
  static add(postId: number, account: Account, event: EventRow): Promise<VoteAttempt> {
    return Vote.attempt(addition, postId, account, event);
  }

  /** Removes the user's vote, if they may vote and have voted. */
  static takeBack(postId: number, account: Account, event: EventRow): Promise<VoteAttempt> {
    return Vote.attempt(removal, postId, account, event);
  }

  private static async attempt(
    statement: Statement,
    postId: number,
    { userId, accountKey }: Account,
    { id, envelope, partitions }: EventRow,
  ): Promise<VoteAttempt> {
    const [row] = await sql<{
      voter: VoteAttempt['voter'] | null;
      post: VoteAttempt['post'] | null;
      changed: boolean;
    }>(statement, [postId, userId, id, envelope, accountKey ?? null, partitions]);
    return { voter: row?.voter ?? undefined, post: row?.post ?? undefined, changed: row?.changed ?? false };
  }

  /** Which posts of the pages their readers have voted for, in pairs of a user and a post. */
  static async listCastOn(pages: readonly PageOfReaders[]): Promise<[userId: number, postId: number][]> {
    const readers = pages.map(({ userIds }) => userIds.join());
    const posts = pages.map(({ postIds }) => postIds.join());
    const rows = await sql<{ user_id: number; post_id: number }>(castOn, [readers, posts]);
    return rows.map(({ user_id: userId, post_id: postId }) => [userId, postId]);
  }

  /** How many votes each of the posts has whose voters may not have cast them; only posts with any. */
  static async countNotAllowed(postIds: readonly number[]): Promise<Map<number, number>> {
    const rows = await sql<{ post_id: number; votes: number }>(countNotAllowed, [postIds]);
    return new Map(rows.map(({ post_id: id, votes }) => [id, votes]));
  }

  /** The user's votes on posts with higher ids, in their order. */
  static listOf(
    userId: number,
    after: number,
    limit: number,
  ): Promise<{ post_id: number; created_at: string }[]> {
    return sql(listOf, [userId, after, limit]);
  }

  /** Deletes up to `limit` votes on a post; returns how many. */
  static async eraseOn(postId: number, limit: number, transaction: Transaction): Promise<number> {
    return (await sql(eraseOn, [postId, limit], transaction)).length;
  }

  /** Deletes up to `limit` votes of a user; returns the posts that they were for. */
  static async eraseOf(userId: number, limit: number, transaction: Transaction): Promise<number[]> {
    const erased = await sql<{ post_id: number }>(eraseOf, [userId, limit], transaction);
    return erased.map(({ post_id: postId }) => postId);
  }

  /** How many votes each of the posts has that have any, each as of some instant of the call. */
  static async countOn(postIds: number[]): Promise<VoteCount[]> {
    const counts = await sql<VoteCount>(countUpTo, [postIds, countsTogether]);
    const exact: VoteCount[] = [];
    for (const { post_id: postId, votes } of counts) {
      if (votes === 0) continue;
      const all = votes < countsTogether ? votes : await inSnapshot((snapshot) => countAll(postId, snapshot));
      exact.push({ post_id: postId, votes: all });
    }
    return exact;
  }

  /** How many votes a post has, and the events about them that were not published by `since` (ISO 8601). */
  static countWithRecent(postId: number, since: string): Promise<RecentVotes> {
    // One snapshot, so one instant: the votes are counted with exactly these events, however many statements it takes.
    return inSnapshot(async (snapshot) => {
      const values = [postId, since, voteCast.type, voteRetracted.type];
      const events = await sql<RecentVotes['events'][number]>(recentEvents, values, snapshot);
      return { post_id: postId, votes: await countAll(postId, snapshot), events };
    });
  }
}

/** Counts in steps, each far within the statement timeout, however many votes there are. */
async function countAll(postId: number, snapshot: Transaction): Promise<number> {
  let count = 0;
  for (let after = 0; ;) {
    const [step] = await sql<{ votes: number; last: number | null }>(
      countStep,
      [postId, after, stepSize],
      snapshot,
    );
    count += step?.votes ?? 0;
    if (!step?.last || step.votes < stepSize) return count;
    after = step.last;
  }
}
