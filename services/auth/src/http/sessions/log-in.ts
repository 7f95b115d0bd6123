import { Problem, saidAs, validate, type Description, type Handler } from '@agora/chassis';
import { readForm } from '@agora/chassis/read-body';
import { inTransaction } from '@agora/database';
import Joi from 'joi';
import type { Context } from 'koa';
import type { SignAccessToken } from '../../sessions/access-tokens.js';
import { canonicalEmail } from '../../email.js';
import { tooManyFailures, type BeginLogin } from '../../limits/login-attempts.js';
import type { Origin } from '../../models/session.js';
import type { OpenSession } from '../../sessions/open-session.js';
import { User } from '../../models/user.js';
import { overloaded, type Passwords } from '../../passwords/passwords.js';
import { clientAddress } from '../client-address.js';
import { invalidCredentials } from '../invalid-credentials.js';
import { answerToken, tokenAnswer } from './token-answer.js';

const schema = Joi.object<{ grant_type?: string; username: string; password: string }>({
  grant_type: Joi.string().valid('password'),
  username: Joi.string().required().description('The e-mail address.'),
  password: saidAs(Joi.string(), { format: 'password' }).required(),
})
  .example({ username: 'ada@example.com', password: 'correct horse' })
  .meta({ name: 'Login' });

interface Dependencies {
  passwords: Passwords;
  signAccessToken: SignAccessToken;
  beginLogin: BeginLogin;
  openSession: OpenSession;
}

/** The password may be hashed anew, by another login, while it is checked; once is enough to look again. */
const mostLooks = 2;

/** `POST /login`: opens a session, by the password form of OAuth 2.0 (RFC 6749, 4.3.2). */
export function logIn({ passwords, signAccessToken, beginLogin, openSession }: Dependencies): Handler {
  return async (ctx) => {
    const { username, password } = validate(schema, await readForm(ctx));
    const attempt = await beginLogin(username, clientAddress(ctx));
    const email = canonicalEmail(username);
    for (let look = 1; look <= mostLooks; look += 1) {
      const user = email ? await User.findOne({ where: { email } }) : null;
      const matches = await passwords.matches(password, user?.passwordHash);
      if (!user || !matches) {
        await attempt.failed(user?.id);
        throw invalidCredentials();
      }
      await attempt.succeeded(user.id);
      const { id, passwordHash } = user;
      const checked = { id, passwordHash, newHash: await renewedHash(user, password, passwords) };
      const opened = await inTransaction((transaction) => openSession(checked, originOf(ctx), transaction));
      if (opened)
        return answerToken(ctx, signAccessToken, opened.session.toSubject(opened.user), opened.refreshToken);
    }
    // The password was changed, or the account deleted, since it was looked at.
    throw invalidCredentials();
  };
}

/** What clients are told of it. */
export const logInDescription: Description = {
  name: 'logIn',
  summary: 'Open a session',
  details: 'By the password form of OAuth 2.0 (RFC 6749, 4.3.2); its other fields are ignored.',
  form: schema,
  answers: { 200: tokenAnswer },
  refuses: [invalidCredentials(), tooManyFailures(60), overloaded()],
};

/** Only a login knows the password of a hash that was made when a lower cost was enough. */
async function renewedHash(
  { passwordHash }: User,
  password: string,
  passwords: Passwords,
): Promise<string | undefined> {
  if (!passwords.isOutdated(passwordHash)) return undefined;
  try {
    return await passwords.hash(password);
  } catch (error) {
    // When there is too much to hash, the next login will do.
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

const originOf = (ctx: Context): Origin => ({
  ip: clientAddress(ctx),
  userAgent: ctx.get('user-agent').slice(0, 300),
});
