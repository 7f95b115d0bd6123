import { parseId, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { answerPost } from './entity-tag.js';
import { requireVisiblePost } from './require-post.js';

/** `GET /posts/{id}`. */
export const showPost: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  answerPost(ctx, await requireVisiblePost(parseId(ctx.params.id), userId));
};
