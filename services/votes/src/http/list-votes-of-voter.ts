import { parseId, type Handler } from '@agora/http';
import { idListParameter, readQuery } from '@agora/http/reads';
import { Vote } from '../models/vote.js';

const query = { post_ids: idListParameter({ max: 100 }).required() };

/** `GET /internal/voters/{user id}/votes?post_ids=1,2`: which of the posts the user has voted for, for a page of posts that shows it. */
export const listVotesOfVoter: Handler = async (ctx) => {
  const userId = parseId(ctx.params.id);
  const { post_ids: postIds } = readQuery<{ post_ids: number[] }>(ctx, query);
  ctx.body = { voted: await Vote.castOn(userId, postIds) };
};
