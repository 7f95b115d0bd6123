import { idListParameter, readQuery, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { Vote } from '../models/vote.js';

/** `GET /vote`: which of 1 to 100 posts the caller has voted for, in ascending order; a post that the caller may not see is none of them. */
export const listOwnVotes: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const { post_ids: postIds } = readQuery<{ post_ids: number[] }>(ctx, {
    post_ids: idListParameter({ max: 100 }).required(),
  });
  ctx.body = { voted: await Vote.amongOf(userId, postIds) };
};
