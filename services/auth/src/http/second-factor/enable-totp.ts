import { forbidden, unauthorized, validate, type Description, type Handler } from '@agora/http';
import { audit } from '@agora/process/requests';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import { tooManyFailures, type BeginLogin } from '../../limits/login-attempts.js';
import type { MailQueue } from '../../mail/queue.js';
import { User } from '../../models/user.js';
import type { SecondFactors } from '../../second-factor/second-factors.js';
import { clientAddress } from '../client-address.js';
import { totpEnabled } from './prepare-totp.js';

const schema = Joi.object<{ code: string }>({ code: Joi.string().max(64).required() })
  .example({ code: '492039' })
  .meta({ name: 'TotpCode' });

/** `PUT /users/me/totp`: turns the second factor on, by the first code of its secret. A wrong one counts as a failed login. */
export const enableTotp =
  (secondFactors: SecondFactors, mails: MailQueue, beginLogin: BeginLogin): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const { code } = validate(schema, await readJson(ctx));
    const user = await User.findByPk(userId);
    if (!user) throw unauthorized('invalid_token');
    const attempt = await beginLogin(user.email, clientAddress(ctx));
    const codes = await inTransaction(async (transaction) => {
      const held = await User.findByPk(userId, { lock: transaction.LOCK.UPDATE, transaction });
      if (!held) throw unauthorized('invalid_token');
      if (held.totpEnabledAt) throw totpEnabled();
      const made = await secondFactors.enable(held, code, transaction);
      if (made) await mails.add({ kind: 'totp-enabled', userId, email: held.email }, transaction);
      return made;
    });
    if (!codes) {
      await attempt.failed(userId);
      throw invalidCode();
    }
    audit('totp_enabled');
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { recovery_codes: codes };
  };

/** 403: the code is wrong, or no secret was made before. */
const invalidCode = () =>
  forbidden(
    'invalid_code',
    'The code is invalid. Create a secret first, then send a code generated from it.',
  );

const recoveryCodes = Joi.object({
  recovery_codes: Joi.array().items(Joi.string()).length(10).required(),
})
  .example({ recovery_codes: Array.from({ length: 10 }, (_, index) => `k7qz-m3vd-x9pt-a${index}ce`) })
  .meta({ name: 'RecoveryCodes' });

/** For the OpenAPI document. */
export const enableTotpDescription: Description = {
  name: 'enableTotp',
  summary: 'Turn on the second factor',
  details:
    'From then on `POST /login` requires `totp`. Each recovery code can be used once in place of a code.',
  json: schema,
  answers: { 200: { summary: 'Recovery codes. They are shown only once.', body: recoveryCodes } },
  refuses: [invalidCode(), totpEnabled(), tooManyFailures(60)],
};
