import type { PostChange } from '@agora/contracts';
import type { Transaction } from 'sequelize';
import { KnownPost } from './known-post.js';
import { bringVotesBackWithPost } from './set-aside.js';
import { Vote } from './vote.js';

/** How many votes one transaction deletes at most. */
const batchSize = 1_000;

/**
 * Keeps a post's state. Where its id was another post's, which is lost, the votes for that one go first: false while more than one
 * transaction can delete were left.
 */
export async function upsertPost(state: PostChange, transaction: Transaction): Promise<boolean> {
  if (state.restored) await KnownPost.removeTombstone(state, transaction);
  const { successors } = await KnownPost.upsertAll([state], transaction);
  if (successors.length === 0)
    return state.restored ? bringVotesBackWithPost(state.post_id, transaction) : true;
  // Concurrent votes wait for this transaction and are refused; the next upsert of the post admits them.
  await KnownPost.placeTombstone(state.post_id, transaction);
  if ((await Vote.eraseOn(state.post_id, batchSize, transaction)) === batchSize) return false;
  await KnownPost.correct(state, transaction);
  return true;
}
