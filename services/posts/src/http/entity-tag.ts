import { Problem } from '@agora/chassis';
import type { Context } from 'koa';
import type { Post } from '../models/post.js';

/** The strong entity tag of a post: the version of its text, then its votes. Only the author's writes change the first part. */
export const tagOf = (post: Post): string => `"${post.version}-${post.shownVotes}"`;

/** Answers with a post and its tag; with 304 and no body when a read has it already (`If-None-Match`). */
export function answerPost(ctx: Context, post: Post): void {
  ctx.set('ETag', tagOf(post));
  ctx.body = post.toView();
  // Not Koa's `fresh`, which gives way to `Cache-Control: no-cache`: that is what fetch adds to a tag of its caller's.
  const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
  if (isRead && isKnown(ctx, post)) ctx.status = 304;
}

/**
 * Throws 412 when a write is meant for another text than the post has (RFC 9110, section 13). `If-Match` looks at the
 * first part of a tag alone: a vote must not refuse an author.
 */
export function requireMatch(ctx: Context, post: Post): void {
  const ifMatch = ctx.get('if-match').trim();
  const isSameText = (tag: string) => /^"(\d{1,10})-\d{1,10}"$/.exec(tag)?.[1] === String(post.version);
  if (ifMatch && ifMatch !== '*' && !tagsOf(ifMatch).some(isSameText)) throw preconditionFailed();
  if (isKnown(ctx, post)) throw preconditionFailed();
}

/** Whether `If-None-Match` names the post as it is, for which a weak tag does too. */
function isKnown(ctx: Context, post: Post): boolean {
  const ifNoneMatch = ctx.get('if-none-match').trim();
  return ifNoneMatch === '*' || tagsOf(ifNoneMatch).some((tag) => tag.replace(/^W\//, '') === tagOf(post));
}

/** The tags of a list, weak ones with their `W/`; what is no tag is passed over. */
const tagsOf = (list: string): string[] => list.match(/(?:W\/)?"[^"]*"/g) ?? [];

const preconditionFailed = () =>
  new Problem(412, 'precondition_failed', 'The post is not as this request expects it; read it again.');
