import { Problem, type AnswerDescription } from '@agora/http';
import Joi from 'joi';
import type { Context } from 'koa';
import { shownCount } from '../../models/post.js';
import { viewOf, type ShownPost } from '../../models/shown-post.js';
import { postView } from './post-view.js';

/**
 * The strong entity tag of a post: the version of its text, then its votes, the version of what is shown of its author, and the acts of moderators
 * on it. Only the author's writes change the first part.
 */
export const tagOf = ({ version, votes, owner_version: name, removals }: Tagged): string =>
  `"${version}-${shownCount(votes)}-${name}-${removals}"`;

/** The contents of a tag. */
type Tagged = Pick<ShownPost, 'version' | 'votes' | 'owner_version' | 'removals'>;

/** Answers with a post and its tag; with 304 and no body when a read has it already (`If-None-Match`). */
export function answerPost(ctx: Context, post: ShownPost): void {
  ctx.set('ETag', tagOf(post));
  ctx.body = viewOf(post);
  // Not Koa's `fresh`, which gives way to `Cache-Control: no-cache`: that is what fetch adds to a tag of its caller's.
  const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
  if (isRead && isKnown(ctx, post)) ctx.status = 304;
}

/**
 * Throws 412 when a write is based on another version of the post (RFC 9110, section 13). `If-Match` compares the
 * first part of a tag alone: a vote must not refuse an author. A weak tag matches too, because compression on the way weakens ours; an empty
 * `If-Match` names no text.
 */
export function requireMatch(ctx: Context, post: Tagged): void {
  const ifMatch = ctx.headers['if-match']?.trim();
  const isSameText = (tag: string) =>
    /^(?:W\/)?"(\d{1,10})(?:-\d{1,10})+"$/.exec(tag)?.[1] === String(post.version);
  if (ifMatch !== undefined && ifMatch !== '*' && !tagsOf(ifMatch).some(isSameText))
    throw preconditionFailed();
  if (isKnown(ctx, post)) throw preconditionFailed();
}

/** Whether `If-None-Match` names the current post; a weak tag is enough. */
function isKnown(ctx: Context, post: Tagged): boolean {
  const ifNoneMatch = ctx.get('if-none-match').trim();
  return ifNoneMatch === '*' || tagsOf(ifNoneMatch).some((tag) => tag.replace(/^W\//, '') === tagOf(post));
}

/** The tags of a list, weak ones with their `W/`; skips anything else. */
const tagsOf = (list: string): string[] => list.match(/(?:W\/)?"[^"]*"/g) ?? [];

/** 412: the post is not what the caller takes it for. */
export const preconditionFailed = () =>
  new Problem(
    412,
    'precondition_failed',
    'The post has changed since you read it. Read it again before you retry.',
  );

/** The description of a post with its entity tag. */
export const taggedPost = {
  summary: 'The post.',
  body: postView,
  headers: {
    ETag: 'Version of the post. Any visible change produces a new one; `If-Match` compares only the text. Weak (`W/`) if the response is compressed.',
  },
} satisfies AnswerDescription;

/** And of reads that have it already. */
export const unchangedPost: AnswerDescription = {
  summary: 'The post has not changed since the version in `If-None-Match`.',
  headers: { ETag: 'Version of the post.' },
};

const ifNoneMatch = Joi.string().example('"1-3-1-0"').description('One or more entity tags, or `*`.');

/** The headers that a read honours. */
export const readConditions = { 'If-None-Match': ifNoneMatch };

/** The headers that a write honours. */
export const writeConditions = {
  'If-Match': Joi.string()
    .example('"1-3-1-0"')
    .description(
      'Entity tag of the version that you want to change. If the text has changed since, the request fails with 412.',
    ),
  'If-None-Match': ifNoneMatch,
};
