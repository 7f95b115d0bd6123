import {
  cursorParameter,
  integerParameter,
  linkToNext,
  nextLink,
  type AnswerDescription,
} from '@agora/chassis';
import Joi from 'joi';
import type { Context } from 'koa';
import { usualLimit, type Page, type Position } from '../models/feed.js';
import type { FindOwnVotes } from '../votes.js';
import { includeParameter, viewsOf, type Include } from './my-vote.js';
import { postView } from './post-view.js';

/** What every list of posts takes beside its filters. */
export const pageQuery = {
  limit: integerParameter({ min: 1, max: 100, fallback: usualLimit }),
  cursor: cursorParameter(),
  include: includeParameter(),
};

/** A page of posts as it is to be answered. */
export interface PageAnswer {
  path: '/feed' | '/posts';
  /** What was asked for: the next page is asked for in the same way. */
  query: object & { include?: Include };
  /** The reader. */
  userId: number;
  page: Page;
  /** The cursor that goes on after a post of the page. */
  cursorAt(end: Position): string;
}

/** Answers with a page of posts, and links to the next while there is more. Both lists of posts end here. */
export async function answerPage(
  ctx: Context,
  answer: PageAnswer,
  findOwnVotes: FindOwnVotes,
): Promise<void> {
  const { path, query, page, cursorAt } = answer;
  if (page.end) linkToNext(ctx, path, { ...query, skip: undefined }, cursorAt(page.end));
  ctx.body = await viewsOf(page.posts, query.include, answer.userId, findOwnVotes);
}

/** What clients are told of it. */
export const pageAnswer = (path: PageAnswer['path'], summary: string): AnswerDescription => ({
  summary,
  body: Joi.array().items(postView),
  optionalHeaders: nextLink(path),
});
