import type { Handler } from '@agora/http';
import { readIds, readQuery } from '@agora/http/reads';
import Joi from 'joi';
import { Vote, type PageOfReaders } from '../models/vote.js';

/** Pairs of a reader and a post in one request. */
const pairsAtMost = 500;

const query = {
  pages: Joi.string()
    .required()
    .custom((value: string, { error }) => readPages(value) ?? error('pages.list'))
    .messages({
      'pages.list': `pages must be groups such as 7,8:1,2,3 of users and posts, separated by ";", with at most ${pairsAtMost} pairs`,
    }),
};

/**
 * `GET /internal/votes/cast?pages=7,8:1,2,3;9:4`: which of these posts these users have voted for, as pairs of a user and a post. Here
 * users 7 and 8 read a page of posts 1, 2 and 3.
 */
export const listCastOnPages: Handler = async (ctx) => {
  const { pages } = readQuery<{ pages: PageOfReaders[] }>(ctx, query);
  ctx.body = { cast: await Vote.listCastOn(pages) };
};

function readPages(text: string): PageOfReaders[] | undefined {
  let pairs = 0;
  const pages: PageOfReaders[] = [];
  for (const group of text.split(';')) {
    const [userIds, postIds, ...more] = group.split(':').map((list) => readIds(list, pairsAtMost));
    if (!userIds || !postIds || more.length > 0) return undefined;
    pairs += userIds.length * postIds.length;
    if (pairs > pairsAtMost) return undefined;
    pages.push({ userIds, postIds });
  }
  return pages;
}
