import type { Handler } from '@agora/http';
import { readQuery } from '@agora/http/reads';
import { idsParameter } from '@agora/operations/serving';
import { Vote } from '../models/vote.js';

/** `GET /internal/votes?post_ids=1,2`: the votes of those posts that have any, for services that keep counts. */
export const listVoteCounts: Handler = async (ctx) => {
  const { post_ids: ids } = readQuery<{ post_ids: number[] }>(ctx, { post_ids: idsParameter.required() });
  ctx.body = await Vote.countOn(ids);
};
