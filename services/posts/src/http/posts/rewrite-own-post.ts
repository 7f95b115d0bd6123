import { parseId, validate } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { postUpdated } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import type Joi from 'joi';
import type { Context } from 'koa';
import { Post, type PostText } from '../../models/post.js';
import { findVisible, stateOf, type ShownPost } from '../../models/shown-post.js';
import { requireMatch } from './entity-tag.js';
import { postNotFound, requireOwnPost } from './require-post.js';

/** Writes what the body holds of a text into the caller's own post, and returns the post; a body that holds nothing of it changes nothing. */
export async function rewriteOwnPost(
  ctx: Context,
  schema: Joi.ObjectSchema<Partial<PostText>>,
): Promise<ShownPost> {
  const caller = requireUser(ctx);
  const id = parseId((ctx.params as { id?: string }).id);
  const seen = await requireOwnPost(id, caller);
  requireMatch(ctx, seen);
  const changes = validate(schema, await readJson(ctx));
  return inTransaction(async (transaction) => {
    // The post may have gone, or have another text, since it was looked at.
    const held = await Post.holdOwn(id, caller.userId, transaction);
    if (!held) throw postNotFound(id);
    requireMatch(ctx, { ...seen, version: held.version, votes: held.votes, removals: held.removals });
    const isChange = Object.keys(changes).length > 0;
    const wasPublished = held.published;
    if (isChange) await held.rewrite(changes, transaction);
    const post = await findVisible(id, caller, transaction);
    if (!post) throw postNotFound(id);
    if (isChange)
      await addToOutbox(postUpdated, { ...stateOf(post), was_published: wasPublished }, transaction);
    return post;
  });
}
