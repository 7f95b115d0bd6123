import { changedTimes, idsIn, isChangedTime, type Finding, type OddRows, type Source } from '@agora/monolith';

const withoutOwner = `SELECT id FROM posts WHERE NOT EXISTS (SELECT FROM users WHERE users.id = owner_id) ORDER BY id`;
// The limits of a post that is written through the API.
const outOfBounds = `SELECT id FROM posts WHERE char_length(coalesce(title, '')) NOT BETWEEN 1 AND 300
  OR char_length(coalesce(content, '')) NOT BETWEEN 1 AND 20000 ORDER BY id`;
const withoutState = 'SELECT id FROM posts WHERE published IS NULL ORDER BY id';

/** Posts of the old application that people should know of. */
export async function findOddPosts(source: Source, odd: OddRows): Promise<Finding[]> {
  const ofOddUsers = await source.rows<{ id: number }>(
    'SELECT id FROM posts WHERE owner_id = ANY($1::int[]) ORDER BY id',
    [odd.users],
  );
  const findings: Finding[] = [
    { kind: 'posts of users who are left out', ids: ofOddUsers.map(({ id }) => id), odd: 'posts' },
    {
      kind: 'posts whose id is not above 0',
      ids: await idsIn(source, 'SELECT id FROM posts WHERE id <= 0'),
      odd: 'posts',
    },
    { kind: 'posts whose owner is not there', ids: await idsIn(source, withoutOwner), odd: 'posts' },
    {
      kind: 'posts with an empty or longer title or content than can be written now',
      ids: await idsIn(source, outOfBounds),
      changed: 'they are kept as they are',
    },
    {
      kind: 'posts that do not say whether they are published',
      ids: await idsIn(source, withoutState),
      changed: 'they become drafts, which nobody but their owner sees',
    },
    {
      kind: 'posts with a time that cannot be kept',
      ids: await idsIn(source, `SELECT id FROM posts WHERE ${isChangedTime('created_at')} ORDER BY id`),
      changed: changedTimes,
    },
  ];
  return findings.filter(({ ids }) => ids.length > 0);
}
