import { parseId, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { requireVisiblePost } from './require-post.js';

/** `GET /posts/{id}`. */
export const showPost: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const post = await requireVisiblePost(parseId(ctx.params.id), userId);
  ctx.body = post.toView();
};
