import { parseId, validate } from '@agora/chassis';
import { readJson } from '@agora/chassis/read-body';
import { postUpdated } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import type Joi from 'joi';
import type { Context } from 'koa';
import { Post, type PostText } from '../models/post.js';
import { findVisible, stateOf, type ShownPost } from '../models/shown-post.js';
import { requireMatch } from './entity-tag.js';
import { postNotFound, requireOwnPost } from './require-post.js';

/** Writes what the body holds of a text into the caller's own post, and returns the post; a body that holds nothing of it changes nothing. */
export async function rewriteOwnPost(
  ctx: Context,
  schema: Joi.ObjectSchema<Partial<PostText>>,
): Promise<ShownPost> {
  const { userId } = requireUser(ctx);
  const id = parseId((ctx.params as { id?: string }).id);
  requireMatch(ctx, await requireOwnPost(id, userId));
  const changes = validate(schema, await readJson(ctx));
  return inTransaction(async (transaction) => {
    // The post may have gone, or have another text, since it was looked at.
    const held = await Post.holdOwn(id, userId, transaction);
    if (!held) throw postNotFound(id);
    requireMatch(ctx, held);
    const isChange = Object.keys(changes).length > 0;
    if (isChange) await Post.rewrite(id, changes, transaction);
    const post = await findVisible(id, userId, transaction);
    if (!post) throw postNotFound(id);
    if (isChange)
      await addToOutbox(postUpdated, { ...stateOf(post), was_published: held.published }, transaction);
    return post;
  });
}
