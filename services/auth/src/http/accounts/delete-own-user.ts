import { unauthorized, type Description, type Handler } from '@agora/http';
import { audit } from '@agora/process/requests';
import { inTransaction } from '@agora/database';
import { requireUser, type Revocations } from '@agora/identity';
import { User } from '../../models/user.js';
import { eraseAccount } from '../../moderation/act-on-account.js';

/** `DELETE /users/me`: the account and its sessions go at once, its posts and votes as soon as their services get the event. */
export const deleteOwnUser =
  (revocations: Pick<Revocations, 'revokeUser'>): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    await inTransaction(async (transaction) => {
      const user = await User.findByPk(userId, { lock: transaction.LOCK.UPDATE, transaction });
      if (!user) throw unauthorized('invalid_token');
      await eraseAccount(user, revocations, transaction);
    });
    audit('user_deleted');
    ctx.status = 204;
  };

/** For the OpenAPI document. */
export const deleteOwnUserDescription: Description = {
  name: 'deleteMyAccount',
  summary: 'Delete my account',
  details: 'Ends all your sessions at once and deletes your posts and votes.',
  answers: { 204: { summary: 'The account is deleted.' } },
};
