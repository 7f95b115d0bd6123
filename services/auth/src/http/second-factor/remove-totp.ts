import { conflict, unauthorized, validate, type Description, type Handler } from '@agora/http';
import { audit } from '@agora/process/requests';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { tooManyFailures } from '../../limits/login-attempts.js';
import type { MailQueue } from '../../mail/queue.js';
import { User } from '../../models/user.js';
import { overloaded } from '../../passwords/places.js';
import type { SecondFactors } from '../../second-factor/second-factors.js';
import type { RequirePassword } from '../accounts/require-password.js';
import { invalidCredentials } from '../invalid-credentials.js';
import { passwordCheck } from './prepare-totp.js';

/** `POST /users/me/totp/removal`: turns the second factor off. */
export const removeTotp =
  (requirePassword: RequirePassword, secondFactors: SecondFactors, mails: MailQueue): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const { current_password: password } = validate(passwordCheck, await readJson(ctx));
    const user = await User.findByPk(userId);
    if (!user) throw unauthorized('invalid_token');
    await requirePassword(user, password, ctx);
    await inTransaction(async (transaction) => {
      if (!(await secondFactors.disable(userId, transaction))) throw totpDisabled();
      await mails.add({ kind: 'totp-disabled', userId, email: user.email }, transaction);
    });
    audit('totp_disabled');
    ctx.status = 204;
  };

const totpDisabled = () => conflict('totp_disabled', 'The second factor is not turned on.');

/** For the OpenAPI document. */
export const removeTotpDescription: Description = {
  name: 'disableTotp',
  summary: 'Turn off the second factor',
  details: 'Deletes its secret and recovery codes.',
  json: passwordCheck,
  answers: { 204: { summary: 'The second factor is off.' } },
  refuses: [invalidCredentials(), totpDisabled(), tooManyFailures(60), overloaded()],
};
