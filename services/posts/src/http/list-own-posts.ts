import { integerParameter, readQuery, text, type Description, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import { listOwn, viewOf, type OwnQuery } from '../models/shown-post.js';
import { postView } from './post-view.js';

const query = {
  limit: integerParameter({ min: 1, max: 100, fallback: 10 }),
  skip: integerParameter({ min: 0, max: 10_000, fallback: 0 }),
  search: text({ max: 200 }).default('').description('What the title contains, in any case.'),
};

/** `GET /posts`: the caller's own posts, drafts too, newest first. */
export const listOwnPosts: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const which = readQuery<OwnQuery>(ctx, query);
  ctx.body = (await listOwn(userId, which)).map(viewOf);
};

/** What clients are told of it. */
export const listOwnPostsDescription: Description = {
  name: 'listOwnPosts',
  summary: 'List the own posts',
  query,
  answers: { 200: { summary: 'Drafts too, newest first.', body: Joi.array().items(postView) } },
};
