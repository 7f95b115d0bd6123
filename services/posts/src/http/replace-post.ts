import { parseId, readJson, validate, type Description, type Handler } from '@agora/chassis';
import { postUpdated } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import { Post } from '../models/post.js';
import { postText } from './post-text.js';
import { postView } from './post-view.js';
import { notOwner, postNotFound, requireOwnPost } from './require-post.js';

/** `PUT /posts/{id}`: replaces the text of the caller's own post. */
export const replacePost: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const id = parseId(ctx.params.id);
  await requireOwnPost(id, userId);
  const input = validate(postText, await readJson(ctx));
  const post = await inTransaction(async (transaction) => {
    // Ownership is part of the statement: the post may have gone since it was looked at.
    const changed = await Post.rewrite(id, userId, input, transaction);
    const rewritten = changed ? await Post.findVisible(id, userId, transaction) : null;
    if (!rewritten) throw postNotFound(id);
    await addToOutbox(postUpdated, rewritten.toState(), transaction);
    return rewritten;
  });
  ctx.body = post.toView();
};

/** What clients are told of it. */
export const replacePostDescription: Description = {
  name: 'replacePost',
  summary: 'Replace the text of an own post',
  json: postText,
  answers: { 200: { summary: 'The post.', body: postView } },
  refuses: [postNotFound(42), notOwner()],
};
