import { userDeleted, voteRetracted } from '@agora/contracts';
import { addAllToOutbox, again, on } from '@agora/messaging';
import { Vote } from '../models/vote.js';
import { Voter } from '../models/voter.js';

/** How many votes one transaction deletes at most. */
const batchSize = 500;

/** Takes back the votes of a deleted user, so that the counts of other people's posts fall, and lets nobody vote in that name again. */
export const eraseVotesWhenUserDeleted = on(userDeleted, async ({ user_id: userId }, transaction) => {
  await Voter.bury(userId, transaction);
  const postIds = await Vote.eraseOf(userId, batchSize, transaction);
  await addAllToOutbox(
    voteRetracted,
    postIds.map((postId) => ({ post_id: postId, user_id: userId })),
    transaction,
  );
  return postIds.length === batchSize ? again : undefined;
});
