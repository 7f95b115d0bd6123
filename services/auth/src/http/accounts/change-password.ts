import { unauthorized, validate, type Description, type Handler, type Problem } from '@agora/http';
import { audit } from '@agora/process/requests';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import { tooManyFailures, type BeginLogin } from '../../limits/login-attempts.js';
import type { MailQueue } from '../../mail/queue.js';
import { voidMailTokens } from '../../models/mail-token.js';
import { User } from '../../models/user.js';
import type { Passwords } from '../../passwords/passwords.js';
import { overloaded } from '../../passwords/places.js';
import type { RevokeSessions } from '../../sessions/revoke-sessions.js';
import { clientAddress } from '../client-address.js';
import { invalidCredentials } from '../invalid-credentials.js';

const schemaWith = (password: Joi.StringSchema) =>
  Joi.object<{ current_password: string; new_password: string }>({
    current_password: Joi.string().required(),
    new_password: password,
  })
    .example({ current_password: 'correct horse', new_password: 'battery staple' })
    .meta({ name: 'PasswordChange' });

interface Dependencies {
  passwords: Passwords;
  revokeSessions: RevokeSessions;
  beginLogin: BeginLogin;
  mails: MailQueue;
}

/** `PUT /users/me/password`: changes the caller's password and ends their other sessions. */
export function changePassword({ passwords, revokeSessions, beginLogin, mails }: Dependencies): Handler {
  const schema = schemaWith(passwords.schema);
  return async (ctx) => {
    const { userId, sessionId } = requireUser(ctx);
    const { current_password: current, new_password: next } = validate(schema, await readJson(ctx));
    const user = await User.findByPk(userId);
    if (!user) throw unauthorized('invalid_token');
    // A stolen token allows no more guesses here than at the login.
    const attempt = await beginLogin(user.email, clientAddress(ctx));
    if (!(await passwords.matches(current, user.passwordHash, attempt.knownAs))) {
      await attempt.failed(userId);
      throw wrongPassword();
    }
    // As at the login: the last of a burst of guesses must not reveal that it was right.
    await attempt.succeeded(userId);
    const passwordHash = await passwords.hash(next, attempt.knownAs);
    await inTransaction(async (transaction) => {
      // Only while it is still the password that was checked: of two changes at once the second must know the first's.
      const where = { id: userId, passwordHash: user.passwordHash };
      const [changed] = await User.update({ passwordHash }, { where, transaction });
      if (changed === 0) throw wrongPassword();
      // The session that asks may have ended meanwhile; then nothing is changed.
      if (!(await revokeSessions(userId, { except: sessionId }, transaction)))
        throw unauthorized('invalid_token');
      await voidMailTokens('reset-password', { userId }, transaction);
      await mails.add({ kind: 'password-changed', userId, email: user.email }, transaction);
    });
    audit('password_changed');
    ctx.status = 204;
  };
}

function wrongPassword(): Problem {
  audit('password_change_refused');
  return invalidCredentials();
}

/** For the OpenAPI document. */
export const changePasswordDescription = ({ schema }: Pick<Passwords, 'schema'>): Description => ({
  name: 'changePassword',
  summary: 'Change my password',
  details: 'Ends all your other sessions and notifies you by mail.',
  json: schemaWith(schema),
  answers: { 204: { summary: 'The password is changed.' } },
  refuses: [invalidCredentials(), tooManyFailures(60), overloaded()],
});
