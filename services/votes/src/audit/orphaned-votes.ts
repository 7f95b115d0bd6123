import { approximateRows, findByIds, pendingErasures, valuesAfter } from '@agora/database';
import { referenceCheck, type Check } from '@agora/operations';
import { votesOfUser, votesOnPost, votesWithPost } from '../models/erasures.js';
import { setVoterAside, setVotesNotAllowedAside, setVotesOnAside } from '../models/set-aside.js';
import { Vote } from '../models/vote.js';
import { isSameAccount, Voter } from '../models/voter.js';
import type { FindPosts } from './known-posts.js';
import type { FindUsers } from './voters.js';

const countRows = () => approximateRows('votes');

/** No vote is left on a post that is gone. */
export const findVotesWithoutPost = (findPosts: FindPosts): Check =>
  referenceCheck({
    kind: 'votes_without_post',
    subject: 'post_id',
    countRows,
    idsAfter: (after, limit) => valuesAfter(Vote, 'postId', after, limit),
    async gone(ids) {
      const posts = await findPosts(ids);
      const gone = ids.filter((id) => !posts.has(id));
      const [erased, kept] = [
        await pendingErasures(votesOnPost, gone),
        await pendingErasures(votesWithPost, gone),
      ];
      return gone.filter((id) => !erased.has(id) && !kept.has(id));
    },
    countOf: (id) => Vote.count({ where: { postId: id } }),
    setAside: setVotesOnAside,
  });

/** Checks that no vote is left of a deleted account, or of an id that now belongs to another account. */
export const findVotesWithoutVoter = (findUsers: FindUsers): Check =>
  referenceCheck({
    kind: 'votes_without_voter',
    subject: 'user_id',
    countRows,
    idsAfter: (after, limit) => valuesAfter(Vote, 'userId', after, limit),
    async gone(ids) {
      const [users, voters] = [await findUsers(ids), await findByIds(Voter, ids)];
      const gone = ids.filter((id) => {
        const user = users.get(id);
        return !user || !isSameAccount(voters.get(id)?.accountKey ?? null, user.account_key);
      });
      const pending = await pendingErasures(votesOfUser, gone);
      return gone.filter((id) => !pending.has(id));
    },
    countOf: (id) => Vote.count({ where: { userId: id } }),
    setAside: setVoterAside,
  });

/** Checks that there are no votes on posts that the voter could not see: another author's unpublished draft, or a post newer than the vote. */
export const findVotesNotAllowed = (findPosts: FindPosts): Check =>
  referenceCheck({
    kind: 'votes_not_allowed',
    subject: 'post_id',
    countRows,
    idsAfter: (after, limit) => valuesAfter(Vote, 'postId', after, limit),
    // Of a post that is gone all votes are found above.
    async gone(ids) {
      const posts = await findPosts(ids);
      return [...(await Vote.countNotAllowed(ids)).keys()].filter((id) => posts.has(id));
    },
    countOf: async (id) => (await Vote.countNotAllowed([id])).get(id) ?? 0,
    setAside: setVotesNotAllowedAside,
    problem: 'has votes of people who may not have cast them',
  });
