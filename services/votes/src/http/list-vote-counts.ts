import type { Handler } from '@agora/http';
import { readQuery } from '@agora/http/reads';
import { idsParameter } from '@agora/operations';
import { Vote } from '../models/vote.js';

/** `GET /internal/votes?post_ids=1,2`: how many votes each of the posts has that have any, for whoever keeps counts. */
export const listVoteCounts: Handler = async (ctx) => {
  const { post_ids: ids } = readQuery<{ post_ids: number[] }>(ctx, { post_ids: idsParameter.required() });
  ctx.body = await Vote.countOn(ids);
};
