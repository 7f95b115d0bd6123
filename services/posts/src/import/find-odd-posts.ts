import { idsIn, type Finding, type Source } from '@agora/monolith';

const withoutOwner = `SELECT id FROM posts WHERE NOT EXISTS (SELECT FROM users WHERE users.id = owner_id) ORDER BY id`;
// The limits of a post that is written through the API.
const outOfBounds = `SELECT id FROM posts WHERE char_length(coalesce(title, '')) NOT BETWEEN 1 AND 300
  OR char_length(coalesce(content, '')) NOT BETWEEN 1 AND 20000 ORDER BY id`;

/** Posts of the old application that people should know of. */
export async function findOddPosts(source: Source): Promise<Finding[]> {
  const findings: Finding[] = [];
  const orphans = await idsIn(source, withoutOwner);
  if (orphans) findings.push({ blocks: true, text: `posts whose owner is not there: ${orphans}` });
  const odd = await idsIn(source, outOfBounds);
  if (odd)
    findings.push({
      blocks: false,
      text: `posts with an empty or longer title or content than can be written now; they are kept as they are: ${odd}`,
    });
  return findings;
}
