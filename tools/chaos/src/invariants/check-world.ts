import { isGone, mayBeGone, voteKey, type World } from '../load/world.js';
import { twice } from '../faults/data.js';
import type { Evidence } from './evidence.js';

interface PostRow {
  id: number;
  title: string;
}

/** Compares the answers that clients got with what is stored: I1, I2, I4, I5, I7. */
export async function checkWorld({ system, world, findings }: Evidence): Promise<void> {
  const { query } = system.administration;
  const { strangers } = world;
  const posts = await query<PostRow>('SELECT id, title FROM posts.posts WHERE id > $1', [strangers.post]);
  const accounts = await query<{ id: number }>('SELECT id FROM auth.users WHERE id > $1', [
    strangers.account,
  ]);
  const users = new Set(accounts.map(({ id }) => id));
  const votes = await query<{ post_id: number; user_id: number }>(
    'SELECT post_id, user_id FROM votes.votes WHERE user_id > $1',
    [strangers.account],
  );
  const { broken } = findings;

  const byId = new Map(posts.map((post) => [post.id, post]));
  for (const post of world.posts) {
    const stored = byId.get(post.id);
    if (!mayBeGone(post) && stored?.title !== post.title)
      broken('I1', `post ${post.id} was acknowledged and is lost`);
    if (isGone(post) && stored)
      broken(post.deletion === 'done' ? 'I4' : 'I5', `post ${post.id} was deleted and is there`);
  }
  for (const { id, deletion } of world.accounts) {
    if (deletion === 'none' && !users.has(id)) broken('I1', `user ${id} was acknowledged and is lost`);
    if (deletion === 'done' && users.has(id)) broken('I5', `user ${id} was deleted and is there`);
  }
  checkTitles(posts, world, broken);

  const cast = new Set(votes.map(({ post_id: post, user_id: user }) => `${user}/${post}`));
  for (const { account, post, possible } of world.votes.values()) {
    if (account.deletion !== 'none' || mayBeGone(post)) continue;
    const stored = cast.has(voteKey(account, post));
    if (!possible.has(stored))
      broken(
        'I2',
        `the vote of user ${account.id} on post ${post.id} is ${stored ? 'there' : 'missing'}, against its last answer`,
      );
  }
}

function checkTitles(posts: PostRow[], { titles }: World, broken: Evidence['findings']['broken']): void {
  const counts = new Map<string, number>();
  for (const { title } of posts) counts.set(title, (counts.get(title) ?? 0) + 1);
  for (const [title, count] of counts) {
    if (!titles.has(title)) broken('I7', `nobody wrote the post "${title}"`);
    if (count > (titles.has(twice(title)) ? 2 : 1))
      broken('I7', `the post "${title}" is there ${count} times`);
  }
}
