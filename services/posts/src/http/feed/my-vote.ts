import Joi from 'joi';
import { viewOf, type PostView, type ShownPost } from '../../models/shown-post.js';
import type { FindOwnVotes } from '../../votes.js';

/** What a client can have added to posts. */
export type Include = 'my_vote' | undefined;

/** The query parameter that asks for it. */
export const includeParameter = () =>
  Joi.string()
    .valid('my_vote')
    .example('my_vote')
    .description('Adds `my_vote` to each post. The response then has no `ETag`.');

/** What clients see of the posts, with the votes of the reader where they are asked for: votes is asked once. */
export async function viewsOf(
  posts: readonly ShownPost[],
  include: Include,
  userId: number | undefined,
  findOwnVotes: FindOwnVotes,
): Promise<PostView[]> {
  const views = posts.map(viewOf);
  if (include === undefined || views.length === 0) return views;
  const ids = views.map(({ id }) => id);
  // Readers without an account have voted for nothing.
  const voted = userId === undefined ? new Set<number>() : await findOwnVotes(userId, ids);
  for (const view of views) view.my_vote = voted ? voted.has(view.id) : null;
  return views;
}
