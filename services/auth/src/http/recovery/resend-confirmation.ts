import { unauthorized, type Description, type Handler } from '@agora/http';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { tooManyMails, type CountMails } from '../../limits/count-mails.js';
import type { MailQueue } from '../../mail/queue.js';
import type { NewMail } from '../../models/mail.js';
import { pendingEmail } from '../../models/mail-token.js';
import { User } from '../../models/user.js';

/** `POST /users/me/email/confirmation`: sends the mail again that asks to confirm an address, the new one while a change is under way. */
export const resendConfirmation =
  (mails: MailQueue, count: Pick<CountMails, 'confirmation'>): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const user = await User.findByPk(userId);
    if (!user) throw unauthorized('invalid_token');
    const mail = await mailFor(user);
    if (mail) {
      await count.confirmation(userId);
      await inTransaction((transaction) => mails.add(mail, transaction));
    }
    ctx.body = null;
    ctx.status = 202;
  };

async function mailFor({ id: userId, email, emailVerifiedAt }: User): Promise<NewMail | undefined> {
  const pending = await pendingEmail(userId);
  if (pending !== undefined && pending !== email)
    return { kind: 'confirm-new-email', userId, email: pending };
  return emailVerifiedAt ? undefined : { kind: 'confirm-email', userId, email };
}

/** For the OpenAPI document. */
export const resendConfirmationDescription: Description = {
  name: 'resendConfirmation',
  summary: 'Resend the confirmation mail',
  details: 'Invalidates the tokens of earlier mails. No mail is sent if there is nothing to confirm.',
  answers: { 202: { summary: 'The mail is on its way.' } },
  refuses: [tooManyMails(3_600)],
};
