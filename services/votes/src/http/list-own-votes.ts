import { entityId, type Description, type Handler } from '@agora/http';
import { idListParameter, readQuery } from '@agora/http/reads';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import { ownVotesAmong } from '../models/own-votes.js';

const query = { post_ids: idListParameter({ max: 100 }).required() };

/** `GET /vote`: which of 1 to 100 posts the caller has voted for, in ascending order; a post that the caller may not see is none of them. */
export const listOwnVotes: Handler = async (ctx) => {
  const caller = requireUser(ctx);
  const { post_ids: postIds } = readQuery<{ post_ids: number[] }>(ctx, query);
  ctx.body = { voted: await ownVotesAmong(caller, postIds) };
};

/** For the OpenAPI document. */
export const listOwnVotesDescription: Description = {
  name: 'listMyVotes',
  summary: 'List my votes',
  details: 'Tells which of the given posts you have voted for.',
  query,
  answers: {
    200: {
      summary: 'The ids of the posts you have voted for, in ascending order.',
      body: Joi.object({ voted: Joi.array().items(entityId).required() })
        .example({ voted: [1, 3] })
        .meta({ name: 'MyVotes' }),
    },
  },
};
