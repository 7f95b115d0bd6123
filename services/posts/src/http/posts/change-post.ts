import type { Description, Handler } from '@agora/http';
import { emailNotConfirmed } from '@agora/identity';
import { answerPost, preconditionFailed, taggedPost, writeConditions } from './entity-tag.js';
import { postChanges } from './post-text.js';
import { notOwner, postNotFound } from './require-post.js';
import { rewriteOwnPost } from './rewrite-own-post.js';

/** `PATCH /posts/{id}`: replaces those parts of the caller's own post that the body holds. */
export const changePost: Handler = async (ctx) => answerPost(ctx, await rewriteOwnPost(ctx, postChanges));

/** For the OpenAPI document. */
export const changePostDescription: Description = {
  name: 'updatePost',
  summary: 'Update a post',
  details:
    'Changes only the fields that you send. Owner only. Send `If-Match` to avoid overwriting a newer version.',
  headers: writeConditions,
  json: postChanges,
  answers: { 200: taggedPost },
  refuses: [emailNotConfirmed(), postNotFound(42), notOwner(), preconditionFailed()],
};
