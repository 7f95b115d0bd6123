import { validate, type Description, type Handler } from '@agora/http';
import { audit } from '@agora/process/requests';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import Joi from 'joi';
import type { MailQueue } from '../../mail/queue.js';
import { findMailToken, useMailToken } from '../../models/mail-token.js';
import { User } from '../../models/user.js';
import type { Passwords } from '../../passwords/passwords.js';
import { overloaded } from '../../passwords/places.js';
import type { RevokeSessions } from '../../sessions/revoke-sessions.js';
import { invalidMailToken, mailToken } from './mail-token.js';

const purpose = 'reset-password';

const schemaWith = (password: Joi.StringSchema) =>
  Joi.object<{ token: string; new_password: string }>({ token: mailToken, new_password: password })
    .example({ token: 'dGhlIHRva2VuIGZyb20gdGhlIGxpbmsgaW4gYSBtYWls', new_password: 'battery staple' })
    .meta({ name: 'PasswordReset' });

/** `PUT /password-resets`: sets a new password with the token of a mail, and ends every session. A second factor stays on. */
export function resetPassword(
  passwords: Passwords,
  revokeSessions: RevokeSessions,
  mails: MailQueue,
): Handler {
  const schema = schemaWith(passwords.schema);
  return async (ctx) => {
    const { token, new_password: next } = validate(schema, await readJson(ctx));
    // Nobody gets work out of us with a token that they made up.
    if (!(await findMailToken(token, purpose))) throw invalidMailToken();
    const passwordHash = await passwords.hash(next);
    const userId = await inTransaction(async (transaction) => {
      const claim = await useMailToken(token, purpose, transaction);
      if (!claim) throw invalidMailToken();
      const { user_id: id, email } = claim;
      const [changed] = await User.update({ passwordHash }, { where: { id, email }, transaction });
      if (changed === 0) throw invalidMailToken();
      await revokeSessions(id, {}, transaction);
      await mails.add({ kind: 'password-changed', userId: id, email }, transaction);
      return id;
    });
    audit('password_reset', { user_id: userId });
    ctx.status = 204;
  };
}

/** For the OpenAPI document. */
export const resetPasswordDescription = ({ schema }: Pick<Passwords, 'schema'>): Description => ({
  name: 'resetPassword',
  summary: 'Reset a password',
  details: 'Takes the token from a reset mail. Ends all sessions of the account; a second factor stays on.',
  json: schemaWith(schema),
  answers: { 204: { summary: 'The password is changed.' } },
  refuses: [invalidMailToken(), overloaded()],
});
