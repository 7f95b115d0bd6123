import { idsIn, type Finding, type OddRows, type Source } from '@agora/monolith';

const ofNobody = `SELECT DISTINCT user_id AS id FROM votes WHERE NOT EXISTS (SELECT FROM users WHERE id = user_id) ORDER BY id`;
const forNothing = `SELECT DISTINCT post_id AS id FROM votes WHERE NOT EXISTS (SELECT FROM posts WHERE id = post_id) ORDER BY id`;

/** Votes that the old application's constraints should have prevented, and votes that belong to rows that are left out. */
export async function findStrayVotes(source: Source, odd: OddRows): Promise<Finding[]> {
  const left = await source.rows<{ id: string }>(
    `SELECT user_id || '/' || post_id AS id FROM votes WHERE user_id = ANY($1::int[]) OR post_id = ANY($2::int[])`,
    [odd.users, odd.posts],
  );
  const findings: Finding[] = [
    { kind: 'votes of users who are not there', ids: await idsIn(source, ofNobody), odd: 'users' },
    { kind: 'votes for posts that are not there', ids: await idsIn(source, forNothing), odd: 'posts' },
    {
      kind: 'votes (user/post) of users or for posts that are left out',
      ids: left.map(({ id }) => id),
      changed: 'left out with them',
    },
  ];
  return findings.filter(({ ids }) => ids.length > 0);
}
