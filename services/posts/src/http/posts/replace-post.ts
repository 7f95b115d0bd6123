import type { Description, Handler } from '@agora/http';
import { emailNotConfirmed } from '@agora/identity';
import { answerPost, preconditionFailed, taggedPost, writeConditions } from './entity-tag.js';
import { postText } from './post-text.js';
import { notOwner, postNotFound } from './require-post.js';
import { rewriteOwnPost } from './rewrite-own-post.js';

/** `PUT /posts/{id}`: replaces the text of the caller's own post. */
export const replacePost: Handler = async (ctx) => answerPost(ctx, await rewriteOwnPost(ctx, postText));

/** For the OpenAPI document. */
export const replacePostDescription: Description = {
  name: 'replacePost',
  summary: 'Replace a post',
  details: 'Replaces the whole text. Owner only. Send `If-Match` to avoid overwriting a newer version.',
  headers: writeConditions,
  json: postText,
  answers: { 200: taggedPost },
  refuses: [emailNotConfirmed(), postNotFound(42), notOwner(), preconditionFailed()],
};
