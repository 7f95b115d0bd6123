import { parseId, type Handler } from '@agora/chassis';
import { postDeleted } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import { Post } from '../models/post.js';
import { postNotFound, requireOwnPost } from './require-post.js';

/** `DELETE /posts/{id}`: deletes the caller's own post; its votes go when votes hears of it. */
export const deletePost: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const id = parseId(ctx.params.id);
  await requireOwnPost(id, userId);
  await inTransaction(async (transaction) => {
    const post = await Post.hold(id, userId, transaction);
    if (!post) throw postNotFound(id);
    await post.destroy({ transaction });
    await addToOutbox(postDeleted, { post_id: id, was_published: post.published }, transaction);
  });
  ctx.status = 204;
};
