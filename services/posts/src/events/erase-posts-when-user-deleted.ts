import { postDeleted, userDeleted } from '@agora/contracts';
import { addAllToOutbox, again, on } from '@agora/messaging';
import { Author } from '../models/author.js';
import { eraseAnswersOf } from '../models/idempotency-key.js';
import { endOf, Post } from '../models/post.js';

/** How many posts, and how many kept answers, one transaction deletes at most. */
const batchSize = 500;

/** Deletes the posts of a deleted user and the answers that show them, and lets nobody post in that name again. */
export const erasePostsWhenUserDeleted = on(userDeleted, async ({ user_id: userId }, transaction) => {
  await Author.bury(userId, transaction);
  const erased = await Post.eraseOf(userId, batchSize, transaction);
  await addAllToOutbox(postDeleted, erased.map(endOf), transaction);
  const forgotten = await eraseAnswersOf(userId, batchSize, transaction);
  return erased.length === batchSize || forgotten === batchSize ? again : undefined;
});
