import type { AnswerDescription } from '@agora/http';
import { cursorParameter, integerParameter, linkToNext, nextLink } from '@agora/http/reads';
import { requireListener } from '@agora/http/serve';
import Joi from 'joi';
import type { Context } from 'koa';
import { maxPageBytes, usualLimit, type Page, type Position } from '../../models/feed.js';
import type { PostView } from '../../models/shown-post.js';
import type { FindOwnVotes } from '../../votes.js';
import { includeParameter, viewsOf, type Include } from './my-vote.js';
import { postView } from '../posts/post-view.js';

/** What every list of posts takes beside its filters. */
export const pageQuery = {
  limit: integerParameter({ min: 1, max: 100, fallback: usualLimit }),
  cursor: cursorParameter(),
  include: includeParameter(),
};

/** A page of posts for the answer. */
export interface PageAnswer {
  path: '/feed' | '/posts';
  /** What was asked for: the next page is asked for in the same way. */
  query: object & { include?: Include };
  /** The reader; undefined for one without a token. */
  userId: number | undefined;
  page: Page;
  /** The cursor that continues after a post of the page. */
  cursorAt(end: Position): string;
}

/** Answers with a page of posts, and links to the next while there is more. Both lists of posts end here. */
export async function answerPage(
  ctx: Context,
  answer: PageAnswer,
  findOwnVotes: FindOwnVotes,
): Promise<void> {
  const { path, query, page, cursorAt } = answer;
  requireListener(ctx);
  const views = await viewsOf(page.posts, query.include, answer.userId, findOwnVotes);
  requireListener(ctx);
  const parts = fitting(views);
  const last = page.posts[parts.length - 1];
  const end = parts.length < views.length ? last : page.end;
  if (end) linkToNext(ctx, path, { ...query, skip: undefined }, cursorAt(end));
  ctx.type = 'json';
  ctx.body = `[${parts.join(',')}]`;
}

/** The posts that fit a page, as JSON; the first in any case. */
function fitting(views: readonly PostView[]): string[] {
  const parts: string[] = [];
  let bytes = '[]'.length;
  for (const view of views) {
    const part = JSON.stringify(view);
    bytes += Buffer.byteLength(part) + ','.length;
    if (bytes > maxPageBytes && parts.length > 0) break;
    parts.push(part);
  }
  return parts;
}

/** For the OpenAPI document. */
export const pageAnswer = (path: PageAnswer['path'], summary: string): AnswerDescription => ({
  summary: `${summary} A page may be shorter than \`limit\`, because it never exceeds 1 MiB.`,
  body: Joi.array().items(postView).meta({ name: 'PostList' }),
  optionalHeaders: nextLink(path),
});
