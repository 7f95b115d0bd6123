import { parseId, validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { postUpdated } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import { logAct } from '../../models/moderation-log.js';
import { Post } from '../../models/post.js';
import { resolveReportsOn } from '../../models/report.js';
import { postNotFound, requireVisiblePost } from '../posts/require-post.js';
import { reasonBody } from './reason.js';

/** `PUT /posts/{id}/removal`: hides a post from all but its owner and moderators, and resolves the reports on it; again, it gives another reason. */
export const removePost: Handler = async (ctx) => {
  const moderator = requireRole(ctx, 'moderator');
  const id = parseId(ctx.params.id);
  await requireVisiblePost(id, moderator);
  const { reason } = validate(reasonBody, await readJson(ctx));
  await inTransaction(async (transaction) => {
    const held = await Post.hold(id, transaction);
    if (!held?.isVisibleTo(moderator)) throw postNotFound(id);
    const wasPublished = held.published;
    await held.hide(reason, transaction);
    await resolveReportsOn(id, transaction);
    await logAct({ actorId: moderator.userId, action: 'post-removed', postId: id, reason }, transaction);
    await addToOutbox(postUpdated, { ...held.toState(), was_published: wasPublished }, transaction);
  });
  ctx.status = 204;
};

/** For the OpenAPI document. */
export const removePostDescription: Description = {
  name: 'removePost',
  summary: 'Remove a post',
  details:
    'Hides the post from everyone but its owner and moderators, and resolves all reports about it. Replaces the reason if the post is already removed. Moderators only.',
  json: reasonBody,
  answers: { 204: { summary: 'The post is removed.' } },
  refuses: [postNotFound(42), notAllowed()],
};
