import { parseId, type Description, type Handler } from '@agora/http';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole, type Revocations } from '@agora/identity';
import { deleteAccount, userNotFound } from '../../moderation/act-on-account.js';

/** `DELETE /users/{id}`: as if its owner had done it. */
export const deleteUser =
  (revocations: Pick<Revocations, 'revokeUser'>): Handler =>
  async (ctx) => {
    const admin = requireRole(ctx, 'admin');
    const id = parseId(ctx.params.id);
    await inTransaction((transaction) => deleteAccount(id, admin, revocations, transaction));
    ctx.status = 204;
  };

/** For the OpenAPI document. */
export const deleteUserDescription: Description = {
  name: 'deleteUser',
  summary: 'Delete an account',
  details:
    'Ends all sessions of the account and deletes its posts and votes. Admins only; other admins cannot be deleted.',
  answers: { 204: { summary: 'The account is deleted.' } },
  refuses: [userNotFound(7), notAllowed()],
};
