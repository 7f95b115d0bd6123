import { parseId, type Handler } from '@agora/chassis';
import { postDeleted } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import { Post } from '../models/post.js';
import { requireMatch } from './entity-tag.js';
import { postNotFound, requireOwnPost } from './require-post.js';

/** `DELETE /posts/{id}`: deletes the caller's own post; its votes go when votes hears of it. */
export const deletePost: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const id = parseId(ctx.params.id);
  requireMatch(ctx, await requireOwnPost(id, userId));
  await inTransaction(async (transaction) => {
    const held = await Post.holdOwn(id, userId, transaction);
    if (!held) throw postNotFound(id);
    requireMatch(ctx, held);
    await held.destroy({ transaction });
    await addToOutbox(postDeleted, { post_id: id, was_published: held.published }, transaction);
  });
  ctx.status = 204;
};
