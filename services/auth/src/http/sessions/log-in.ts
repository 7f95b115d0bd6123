import { forbidden, Problem, saidAs, validate, type Description, type Handler } from '@agora/http';
import { readForm } from '@agora/http/read-form';
import { inTransaction } from '@agora/database';
import Joi from 'joi';
import type { Context } from 'koa';
import type { Transaction } from 'sequelize';
import type { SignAccessToken } from '../../sessions/access-tokens.js';
import { canonicalEmail } from '../../email.js';
import { tooManyFailures, type BeginLogin } from '../../limits/login-attempts.js';
import type { MailQueue } from '../../mail/queue.js';
import { seeDevice } from '../../models/seen-device.js';
import type { Origin } from '../../models/session.js';
import { banned, type OpenSession } from '../../sessions/open-session.js';
import { User, type Proof } from '../../models/user.js';
import type { Passwords } from '../../passwords/passwords.js';
import { overloaded } from '../../passwords/places.js';
import type { SecondFactors } from '../../second-factor/second-factors.js';
import { clientAddress } from '../client-address.js';
import { invalidCredentials } from '../invalid-credentials.js';
import { answerToken, tokenAnswer } from './token-answer.js';

interface Login {
  grant_type?: string;
  username: string;
  password: string;
  totp?: string;
}

const schema = Joi.object<Login>({
  grant_type: saidAs(Joi.string().valid('password', ''), {
    type: 'string',
    pattern: '^(password)?$',
  }).description('`password`; may be empty or left out.'),
  username: Joi.string().required().description('Your e-mail address.'),
  password: saidAs(Joi.string(), { format: 'password' }).required(),
  totp: Joi.string()
    .allow('')
    .max(64)
    .description('A current code or a recovery code. Required if the second factor is on.'),
})
  .example({ username: 'ada@example.com', password: 'correct horse' })
  .meta({ name: 'LoginRequest' });

interface Dependencies {
  passwords: Passwords;
  signAccessToken: SignAccessToken;
  beginLogin: BeginLogin;
  openSession: OpenSession;
  secondFactors: SecondFactors;
  mails: MailQueue;
}

/** Another login may rehash the password, or the second factor may be turned on, during the check; one retry is enough. */
const mostLooks = 2;

/** `POST /login`: opens a session, by the password form of OAuth 2.0 (RFC 6749, 4.3.2). */
export function logIn(dependencies: Dependencies): Handler {
  const { passwords, signAccessToken, beginLogin } = dependencies;
  return async (ctx) => {
    const { username, password, totp } = validate(schema, await readForm(ctx));
    const attempt = await beginLogin(username, clientAddress(ctx));
    const email = canonicalEmail(username);
    let proved: string | null = null;
    for (let look = 1; look <= mostLooks; look += 1) {
      const user = email ? await User.findOne({ where: { email } }) : null;
      const matches = await passwords.matches(password, user?.passwordHash, attempt.knownAs);
      if (!user || !matches) {
        await attempt.failed(user?.id);
        throw invalidCredentials();
      }
      const { id, passwordHash, secondFactor } = user;
      if (secondFactor !== null && secondFactor !== proved) await useCode(user, totp, attempt, dependencies);
      proved = secondFactor;
      await attempt.succeeded(id);
      const newHash = await renewedHash(user, password, passwords, attempt.knownAs);
      const proof = { id, passwordHash, secondFactor, newHash };
      const opened = await inTransaction((transaction) =>
        open(proof, originOf(ctx), dependencies, transaction),
      );
      if (opened)
        return answerToken(ctx, signAccessToken, opened.session.toSubject(opened.user), opened.refreshToken);
    }
    // The password was changed, or the account deleted, since it was read.
    throw invalidCredentials();
  };
}

/** Uses up the code of the second factor; throws a 403 when there is none, or it is wrong. */
async function useCode(
  user: User,
  code: string | undefined,
  attempt: Awaited<ReturnType<BeginLogin>>,
  { secondFactors }: Dependencies,
): Promise<void> {
  await attempt.proceed();
  if (!code) throw totpRequired();
  if (await secondFactors.accept(user, code)) return;
  await attempt.failed(user.id);
  throw invalidCredentials();
}

/** Opens a session, and notifies the owner when it comes from a new place. */
async function open(
  proof: Proof,
  origin: Origin,
  { openSession, mails }: Dependencies,
  transaction: Transaction,
): ReturnType<OpenSession> {
  const opened = await openSession(proof, origin, transaction);
  if (opened && (await seeDevice(opened.user, origin, transaction))) {
    const { id: userId, email } = opened.user;
    const details = { ip: origin.ip, user_agent: origin.userAgent, time: new Date().toISOString() };
    await mails.add({ kind: 'new-device', userId, email, details }, transaction);
  }
  return opened;
}

/** 403: the password is right, and the account has a second factor. */
const totpRequired = () =>
  forbidden('totp_required', 'This account has a second factor. Send a code as `totp`.');

/** For the OpenAPI document. */
export const logInDescription: Description = {
  name: 'logIn',
  summary: 'Log in',
  details:
    'Opens a session with the OAuth 2.0 password grant (RFC 6749, section 4.3.2). Other OAuth 2.0 fields are ignored. The form may also be sent as `multipart/form-data` of at most 4 KiB.',
  form: schema,
  answers: { 200: tokenAnswer },
  refuses: [invalidCredentials(), totpRequired(), banned(), tooManyFailures(60), overloaded()],
};

/** Only a login knows the password of a hash that was made when a lower cost was enough. */
async function renewedHash(
  { passwordHash }: User,
  password: string,
  passwords: Passwords,
  knownAs: string | undefined,
): Promise<string | undefined> {
  if (!passwords.isOutdated(passwordHash)) return undefined;
  try {
    return await passwords.hash(password, knownAs);
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
