import { parseId, type Description, type Handler } from '@agora/http';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole } from '@agora/identity';
import { banNotFound, unbanUser, userNotFound } from '../../moderation/act-on-account.js';

/** `DELETE /users/{id}/ban`: lets a user log in again. */
export const unbanAccount: Handler = async (ctx) => {
  const moderator = requireRole(ctx, 'moderator');
  const id = parseId(ctx.params.id);
  await inTransaction((transaction) => unbanUser(id, moderator, transaction));
  ctx.status = 204;
};

/** For the OpenAPI document. */
export const unbanAccountDescription: Description = {
  name: 'unbanUser',
  summary: 'Lift a ban',
  details: 'Moderators only; does not apply to users of the same or a higher role.',
  answers: { 204: { summary: 'The user can log in again.' } },
  refuses: [userNotFound(7), banNotFound(7), notAllowed()],
};
