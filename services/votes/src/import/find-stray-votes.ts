import { idsIn, type Finding, type Source } from '@agora/monolith';

const ofNobody = `SELECT DISTINCT user_id AS id FROM votes WHERE NOT EXISTS (SELECT FROM users WHERE id = user_id) ORDER BY user_id`;
const forNothing = `SELECT DISTINCT post_id AS id FROM votes WHERE NOT EXISTS (SELECT FROM posts WHERE id = post_id) ORDER BY post_id`;

/** Votes that the old application's constraints should have kept away. */
export async function findStrayVotes(source: Source): Promise<Finding[]> {
  const [users, posts] = [await idsIn(source, ofNobody), await idsIn(source, forNothing)];
  return [
    ...(users ? [{ blocks: true, text: `votes of users who are not there: ${users}` }] : []),
    ...(posts ? [{ blocks: true, text: `votes for posts that are not there: ${posts}` }] : []),
  ];
}
