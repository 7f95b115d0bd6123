import { notFound, parseId, type Description, type Handler } from '@agora/http';
import { postUpdated } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import { logAct } from '../../models/moderation-log.js';
import { Post } from '../../models/post.js';
import { postNotFound, requireVisiblePost } from '../posts/require-post.js';

/** `DELETE /posts/{id}/removal`: the post is back as its author has it, with its votes. */
export const restorePost: Handler = async (ctx) => {
  const { userId: actorId, role } = requireRole(ctx, 'moderator');
  const id = parseId(ctx.params.id);
  await requireVisiblePost(id, { userId: actorId, role });
  await inTransaction(async (transaction) => {
    const held = await Post.hold(id, transaction);
    if (!held?.removedAt) throw removalNotFound(id);
    await held.bringBack(transaction);
    await logAct({ actorId, action: 'post-restored', postId: id }, transaction);
    await addToOutbox(postUpdated, { ...held.toState(), was_published: false }, transaction);
  });
  ctx.status = 204;
};

const removalNotFound = (id: number) => notFound('removal_not_found', `Post ${id} is not removed.`);

/** For the OpenAPI document. */
export const restorePostDescription: Description = {
  name: 'restorePost',
  summary: 'Restore a post',
  details: 'Makes a removed post visible again, with its votes. Moderators only.',
  answers: { 204: { summary: 'The post is restored.' } },
  refuses: [postNotFound(42), removalNotFound(42), notAllowed()],
};
