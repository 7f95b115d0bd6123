import { parseId, type Description, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { answerPost, readConditions, taggedPost, unchangedPost } from './entity-tag.js';
import { postNotFound, requireVisiblePost } from './require-post.js';

/** `GET /posts/{id}`. */
export const showPost: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  answerPost(ctx, await requireVisiblePost(parseId(ctx.params.id), userId));
};

/** What clients are told of it. */
export const showPostDescription: Description = {
  name: 'showPost',
  summary: 'Show a post',
  headers: readConditions,
  answers: { 200: taggedPost, 304: unchangedPost },
  refuses: [postNotFound(42)],
};
