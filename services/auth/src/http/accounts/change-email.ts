import { unauthorized, validate, type Description, type Handler } from '@agora/http';
import { audit } from '@agora/process/requests';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import type { Transaction } from 'sequelize';
import { emailSchema } from '../../email.js';
import { tooManyMails, type CountMails } from '../../limits/count-mails.js';
import type { MailQueue } from '../../mail/queue.js';
import { User } from '../../models/user.js';
import { overloaded } from '../../passwords/places.js';
import { invalidCredentials } from '../invalid-credentials.js';
import { emailTaken } from './email-taken.js';
import type { RequirePassword } from './require-password.js';

const schema = Joi.object<{ email: string; current_password: string }>({
  email: emailSchema,
  current_password: Joi.string().required(),
})
  .example({ email: 'ada@example.net', current_password: 'correct horse' })
  .meta({ name: 'EmailChange' });

/** `PUT /users/me/email`: asks the new address to confirm itself; until it has, the old one stays. */
export const changeEmail =
  (requirePassword: RequirePassword, mails: MailQueue, count: Pick<CountMails, 'emailChange'>): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const { email, current_password: password } = validate(schema, await readJson(ctx));
    const user = await User.findByPk(userId);
    if (!user) throw unauthorized('invalid_token');
    await requirePassword(user, password, ctx);
    if (email !== user.email && (await User.findOne({ where: { email } }))) throw emailTaken();
    await count.emailChange(userId);
    await inTransaction((transaction) => askForConfirmation(user, email, mails, transaction));
    audit('email_change_requested');
    ctx.body = null;
    ctx.status = 202;
  };

async function askForConfirmation(
  { id: userId, email: oldEmail }: User,
  email: string,
  mails: MailQueue,
  transaction: Transaction,
): Promise<void> {
  const isNew = email !== oldEmail;
  await mails.add({ kind: isNew ? 'confirm-new-email' : 'confirm-email', userId, email }, transaction);
  if (isNew) await mails.add({ kind: 'email-change-requested', userId, email: oldEmail }, transaction);
}

/** For the OpenAPI document. */
export const changeEmailDescription: Description = {
  name: 'changeEmail',
  summary: 'Change my e-mail address',
  details:
    'Mails a confirmation link to the new address and a notice to the old one. The address changes once it is confirmed. Your sessions stay open.',
  json: schema,
  answers: { 202: { summary: 'The mails are on their way.' } },
  refuses: [invalidCredentials(), emailTaken(), tooManyMails(3_600), overloaded()],
};
