import { voteRetracted } from '@agora/contracts';
import type { ErasureKind } from '@agora/database';
import { addAllToOutbox } from '@agora/messaging';
import { KnownPost } from './known-post.js';
import { moveVotesWithPost } from './set-aside.js';
import { Vote } from './vote.js';
import { Voter } from './voter.js';

/** The votes on a deleted post. Its count is gone with it, so no retraction is published. */
export const votesOnPost = 'votes-on-post';
/** The votes on a post that posts has set aside; they are set aside too. */
export const votesWithPost = 'votes-with-post';
/** The votes of a deleted user. Each retraction is published, so that the counts of other people's posts fall. */
export const votesOfUser = 'votes-of-user';

/** What votes erases in the background. When the tombstone of an id was removed again, nothing is erased. */
export const erasureKinds: Record<string, ErasureKind> = {
  [votesOnPost]: {
    batchSize: 1_000,
    addsEvents: false,
    erase: async (postId, limit, transaction) =>
      (await KnownPost.holdTombstone(postId, transaction)) ? Vote.eraseOn(postId, limit, transaction) : 0,
  },
  [votesWithPost]: {
    batchSize: 500,
    addsEvents: false,
    erase: async (postId, limit, transaction) =>
      (await KnownPost.holdTombstone(postId, transaction))
        ? moveVotesWithPost(postId, limit, transaction)
        : 0,
  },
  [votesOfUser]: {
    batchSize: 100,
    addsEvents: true,
    async erase(userId, limit, transaction) {
      if (!(await Voter.holdTombstone(userId, transaction))) return 0;
      const postIds = await Vote.eraseOf(userId, limit, transaction);
      const facts = postIds.map((postId) => ({ post_id: postId, user_id: userId }));
      await addAllToOutbox(voteRetracted, facts, transaction);
      return postIds.length;
    },
  },
};
