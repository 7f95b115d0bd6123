import { parseId, type Handler } from '@agora/http';
import { readQuery } from '@agora/http/reads';
import Joi from 'joi';
import { Vote } from '../models/vote.js';

/**
 * `GET /internal/votes/{post id}?since=2026-01-31T12:00:00.000Z`: how many votes a post has, and the events about them that were not
 * published by then, of one instant: a count that lacks some of these lags, and has not drifted.
 */
export const showVoteCount: Handler = async (ctx) => {
  const { since } = readQuery<{ since: string }>(ctx, { since: Joi.string().isoDate().required() });
  ctx.body = await Vote.countWithRecent(parseId(ctx.params.id), since);
};
