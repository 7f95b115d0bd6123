import { validate, type Description, type Handler } from '@agora/http';
import { audit } from '@agora/process/requests';
import { readJson } from '@agora/http/read-body';
import { userUpdated } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { addToOutbox } from '@agora/messaging';
import Joi from 'joi';
import type { Transaction } from 'sequelize';
import type { MailQueue } from '../../mail/queue.js';
import { useMailToken, voidMailTokens } from '../../models/mail-token.js';
import { User } from '../../models/user.js';
import { emailTaken } from '../accounts/email-taken.js';
import { invalidMailToken, mailToken } from './mail-token.js';

const schema = Joi.object<{ token: string }>({ token: mailToken })
  .example({ token: 'dGhlIHRva2VuIGZyb20gdGhlIGxpbmsgaW4gYSBtYWls' })
  .meta({ name: 'EmailConfirmation' });

/** `POST /email-confirmations`: confirms the address that a mail went to, and makes it the account's. */
export const confirmEmail =
  (mails: MailQueue, publicEmails: boolean): Handler =>
  async (ctx) => {
    const { token } = validate(schema, await readJson(ctx));
    const userId = await inTransaction(async (transaction) => {
      const claim = await useMailToken(token, 'confirm-email', transaction);
      const user =
        claim && (await User.findByPk(claim.user_id, { lock: transaction.LOCK.UPDATE, transaction }));
      if (!user) throw invalidMailToken();
      if (user.email === claim.email) await confirmOwn(user, transaction);
      else await changeEmail(user, claim.email, { mails, publicEmails }, transaction);
      return user.id;
    });
    audit('email_confirmed', { user_id: userId });
    ctx.status = 204;
  };

async function confirmOwn(user: User, transaction: Transaction): Promise<void> {
  await user.update({ emailVerifiedAt: user.emailVerifiedAt ?? new Date() }, { transaction });
}

interface Surroundings {
  mails: MailQueue;
  publicEmails: boolean;
}

async function changeEmail(
  user: User,
  email: string,
  { mails, publicEmails }: Surroundings,
  transaction: Transaction,
): Promise<void> {
  const { id: userId, email: oldEmail } = user;
  if (!(await User.reserveEmail(userId, email, transaction))) throw emailTaken();
  const version = publicEmails ? user.version + 1 : user.version;
  await user.update({ email, emailVerifiedAt: new Date(), version }, { transaction });
  // What was sent to the old address opens nothing any more.
  await voidMailTokens('reset-password', { userId }, transaction);
  await mails.add({ kind: 'email-changed', userId, email: oldEmail }, transaction);
  if (publicEmails) await addToOutbox(userUpdated, user.toFact(), transaction);
}

/** For the OpenAPI document. */
export const confirmEmailDescription: Description = {
  name: 'confirmEmail',
  summary: 'Confirm an e-mail address',
  details:
    'Takes the token from a confirmation mail, which is valid for 24 hours. Also completes a change of address.',
  json: schema,
  answers: { 204: { summary: 'The address is confirmed.' } },
  refuses: [invalidMailToken(), emailTaken()],
};
