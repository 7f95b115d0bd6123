import { parseId, type Description, type Handler } from '@agora/http';
import { currentRequest } from '@agora/process/requests';
import { postDeleted } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import { forgetAnswerWith } from '../../models/idempotency-key.js';
import { endOf, Post } from '../../models/post.js';
import { preconditionFailed, requireMatch, writeConditions } from './entity-tag.js';
import { notOwner, postNotFound, requireOwnPost } from './require-post.js';

/** `DELETE /posts/{id}`: deletes the caller's own post; votes deletes its votes when it gets the event. */
export const deletePost: Handler = async (ctx) => {
  const caller = requireUser(ctx);
  const id = parseId(ctx.params.id);
  const seen = await requireOwnPost(id, caller);
  requireMatch(ctx, seen);
  await inTransaction(async (transaction) => {
    const held = await Post.holdOwn(id, caller.userId, transaction);
    if (!held) throw postNotFound(id);
    requireMatch(ctx, { ...seen, version: held.version, votes: held.votes, removals: held.removals });
    await held.destroy({ transaction });
    // Otherwise a retry of the request that created the post would return its text for another day.
    await forgetAnswerWith(id, postNotFound(id).toAnswer(currentRequest()?.requestId ?? ''), transaction);
    await addToOutbox(
      postDeleted,
      endOf({ id, post_key: held.postKey, published: held.published }),
      transaction,
    );
  });
  ctx.status = 204;
};

/** For the OpenAPI document. */
export const deletePostDescription: Description = {
  name: 'deletePost',
  summary: 'Delete a post',
  details: 'Deletes the post and its votes. Owner only.',
  headers: writeConditions,
  answers: { 204: { summary: 'The post is deleted.' } },
  refuses: [postNotFound(42), notOwner(), preconditionFailed()],
};
