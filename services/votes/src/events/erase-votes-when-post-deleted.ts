import { postDeleted } from '@agora/contracts';
import { again, on } from '@agora/messaging';
import { KnownPost } from '../models/known-post.js';
import { Vote } from '../models/vote.js';

/** How many votes one transaction deletes at most. */
const batchSize = 1_000;

/** Deletes the votes of a deleted post, and lets nobody vote for it again. No count is left to fall. */
export const eraseVotesWhenPostDeleted = on(
  postDeleted,
  async ({ post_id: postId, post_key: key }, transaction) => {
    if (!(await KnownPost.bury(postId, transaction, key))) return undefined;
    const erased = await Vote.eraseOn(postId, batchSize, transaction);
    return erased === batchSize ? again : undefined;
  },
);
