import { findByIds, pendingErasures, valuesAfter } from '@agora/database';
import { postDeleted, userDeleted } from '@agora/contracts';
import { applyFact } from '@agora/messaging/operating';
import { referenceCheck, type Check } from '@agora/operations';
import { votesOfUser, votesOnPost } from '../models/erasures.js';
import { KnownPost } from '../models/known-post.js';
import { Vote } from '../models/vote.js';
import { Voter } from '../models/voter.js';
import type { FindPosts } from './known-posts.js';
import type { FindUsers } from './voters.js';

/** No vote is left on a post that is gone. */
export const findVotesWithoutPost = (findPosts: FindPosts): Check =>
  referenceCheck({
    kind: 'votes_without_post',
    subject: 'post_id',
    idsAfter: (after, limit) => valuesAfter(Vote, 'postId', after, limit),
    async gone(ids) {
      const [posts, known] = [await findPosts(ids), await findByIds(KnownPost, ids)];
      const gone = ids.filter((id) => !posts.has(id) || known.get(id)?.deletedAt !== null);
      const pending = await pendingErasures(votesOnPost, gone);
      return gone.filter((id) => !pending.has(id));
    },
    erase: (id, session) => applyFact(postDeleted, { post_id: id }, session),
  });

/** No vote is left of somebody whose account is gone. */
export const findVotesWithoutVoter = (findUsers: FindUsers): Check =>
  referenceCheck({
    kind: 'votes_without_voter',
    subject: 'user_id',
    idsAfter: (after, limit) => valuesAfter(Vote, 'userId', after, limit),
    async gone(ids) {
      const [users, voters] = [await findUsers(ids), await findByIds(Voter, ids)];
      const gone = ids.filter((id) => !users.has(id) || voters.get(id)?.deletedAt !== null);
      const pending = await pendingErasures(votesOfUser, gone);
      return gone.filter((id) => !pending.has(id));
    },
    erase: (id, session) => applyFact(userDeleted, { user_id: id }, session),
  });
