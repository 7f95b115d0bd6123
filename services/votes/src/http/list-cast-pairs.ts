import { invalid, type Handler } from '@agora/http';
import { idListParameter, readQuery } from '@agora/http/reads';
import { Vote } from '../models/vote.js';

const query = {
  user_ids: idListParameter({ max: 500 }).required(),
  post_ids: idListParameter({ max: 500 }).required(),
};

/** `GET /internal/votes/cast?user_ids=7,7,8&post_ids=1,2,1`: of pairs of a user and a post, whether each user has voted for the post; for pages of posts that show it. */
export const listCastPairs: Handler = async (ctx) => {
  const { user_ids: userIds, post_ids: postIds } = readQuery<{ user_ids: number[]; post_ids: number[] }>(
    ctx,
    query,
  );
  if (userIds.length !== postIds.length)
    throw invalid([{ field: 'post_ids', message: 'post_ids must have as many ids as user_ids' }]);
  ctx.body = { cast: await Vote.areCast(userIds, postIds) };
};
