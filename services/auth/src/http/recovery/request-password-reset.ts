import { validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import Joi from 'joi';
import { emailSchema } from '../../email.js';
import { tooManyMails, type CountMails } from '../../limits/count-mails.js';
import type { MailQueue } from '../../mail/queue.js';
import { clientAddress } from '../client-address.js';

const schema = Joi.object<{ email: string }>({ email: emailSchema })
  .example({ email: 'ada@example.com' })
  .meta({ name: 'PasswordResetRequest' });

/**
 * `POST /password-resets`: has a mail sent that lets its reader set a new password. Whether the address has an account is looked at only
 * when the mail is about to be sent, so neither the answer nor its timing reveals it.
 */
export const requestPasswordReset =
  (mails: MailQueue, count: Pick<CountMails, 'reset'>): Handler =>
  async (ctx) => {
    const { email } = validate(schema, await readJson(ctx));
    await count.reset(email, clientAddress(ctx));
    await inTransaction((transaction) => mails.add({ kind: 'reset-password', email }, transaction));
    ctx.body = null;
    ctx.status = 202;
  };

/** For the OpenAPI document. */
export const requestPasswordResetDescription: Description = {
  name: 'requestPasswordReset',
  summary: 'Request a password reset',
  details:
    'Mails a reset token, valid for 30 minutes, if the address has an account; the response is the same either way. A new request invalidates earlier tokens.',
  json: schema,
  answers: { 202: { summary: 'A mail is on its way if the address has an account.' } },
  refuses: [tooManyMails(3_600)],
};
