import { defineStatement, gatherReads, sql } from '@agora/database';
import type { Account } from './voter.js';

const among = defineStatement(
  'votes-among-of',
  // One row a question; its ids travel as one text. A plan for any number of posts would read all votes of the user.
  `SELECT place::int, post.id AS post_id
   FROM unnest($1::int[], $2::uuid[], $3::text[]) WITH ORDINALITY AS asked (voter_id, voter_key, posts, place)
   CROSS JOIN unnest(string_to_array(posts, ',')::int[]) AS asked_id JOIN known_posts AS post ON post.id = asked_id
   CROSS JOIN LATERAL (SELECT FROM votes WHERE votes.post_id = post.id AND user_id = voter_id LIMIT 1) AS cast_vote
   WHERE post.deleted_at IS NULL AND (post.published OR post.owner_id = voter_id)
     AND NOT EXISTS (SELECT FROM voters WHERE id = voter_id AND account_key <> voter_key)
   ORDER BY place, post.id`,
  { prepared: true },
);

/** A user and the posts they ask about. */
type Question = Account & { postIds: number[] };

/** Of all requests that came together, in one statement. */
const answerTogether = gatherReads(async (questions: readonly Question[]) => {
  const rows = await sql<{ place: number; post_id: number }>(among, [
    questions.map(({ userId }) => userId),
    questions.map(({ accountKey }) => accountKey ?? null),
    questions.map(({ postIds }) => postIds.join()),
  ]);
  const answers = questions.map((): number[] => []);
  for (const { place, post_id: postId } of rows) answers[place - 1]?.push(postId);
  return answers;
});

/** Which of these posts the user has voted for, in ascending order; only those that the user may see. */
export const ownVotesAmong = (
  { userId, accountKey }: Account,
  postIds: readonly number[],
): Promise<number[]> =>
  answerTogether({ userId, ...(accountKey && { accountKey }), postIds: [...new Set(postIds)] });
