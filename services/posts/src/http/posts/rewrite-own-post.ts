import { parseId, validate } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { postUpdated } from '@agora/contracts';
import { inTransaction, openDatabase } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox, changeAndRecord } from '@agora/messaging';
import type Joi from 'joi';
import type { Context } from 'koa';
import { Post, type PostText } from '../../models/post.js';
import { findVisible, rewritePost, stateOf, type ShownPost } from '../../models/shown-post.js';
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
  const isChange = Object.keys(changes).length > 0;
  const rewritten =
    isChange && ctx.headers['if-none-match'] === undefined && (await rewriteSeen(seen, changes));
  if (rewritten) return rewritten;
  return inTransaction(async (transaction) => {
    // The post may have been deleted or changed since it was read.
    const held = await Post.holdOwn(id, caller.userId, transaction);
    if (!held) throw postNotFound(id);
    requireMatch(ctx, { ...seen, version: held.version, votes: held.votes, removals: held.removals });
    const wasPublished = held.published;
    if (isChange) await held.rewrite(changes, transaction);
    const post = await findVisible(id, caller, transaction);
    if (!post) throw postNotFound(id);
    if (isChange)
      await addToOutbox(postUpdated, { ...stateOf(post), was_published: wasPublished }, transaction);
    return post;
  });
}

/** Changes the post in one statement, which works if it is unchanged since it was read; undefined if it has changed or is removed. */
async function rewriteSeen(seen: ShownPost, changes: Partial<PostText>): Promise<ShownPost | undefined> {
  const text = { title: seen.title, content: seen.content, published: seen.published, ...changes };
  const state = {
    ...stateOf({ ...seen, published: text.published, version: seen.version + 1 }),
    was_published: seen.published,
  };
  const { post } = await changeAndRecord(postUpdated, state, openDatabase(), (event) =>
    rewritePost(seen, text, event),
  );
  return post;
}
