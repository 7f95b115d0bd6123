import { conflict, unauthorized, validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import { tooManyFailures } from '../../limits/login-attempts.js';
import { User } from '../../models/user.js';
import { overloaded } from '../../passwords/places.js';
import type { SecondFactors } from '../../second-factor/second-factors.js';
import type { RequirePassword } from '../accounts/require-password.js';
import { invalidCredentials } from '../invalid-credentials.js';

/** The proof that the owner asks. */
export const passwordCheck = Joi.object<{ current_password: string }>({
  current_password: Joi.string().required(),
})
  .example({ current_password: 'correct horse' })
  .meta({ name: 'PasswordConfirmation' });

/** `POST /users/me/totp`: creates the secret of a second factor, which a code then turns on. */
export const prepareTotp =
  (requirePassword: RequirePassword, secondFactors: SecondFactors): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const { current_password: password } = validate(passwordCheck, await readJson(ctx));
    const user = await User.findByPk(userId);
    if (!user) throw unauthorized('invalid_token');
    await requirePassword(user, password, ctx);
    const made = await secondFactors.prepare(user);
    if (!made) throw totpEnabled();
    ctx.set('Cache-Control', 'no-store');
    ctx.status = 201;
    ctx.body = made;
  };

/** 409: the second factor is on already. */
export const totpEnabled = () =>
  conflict('totp_enabled', 'The second factor is already on. Turn it off first.');

const preparation = Joi.object({
  secret: Joi.string().required().description('Base32 secret, for manual entry in an authenticator app.'),
  uri: Joi.string().required().description('The secret as an `otpauth` URI, to be shown as a QR code.'),
})
  .example({
    secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    uri: 'otpauth://totp/Agora:ada%40example.com?issuer=Agora&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
  })
  .meta({ name: 'TotpSecret' });

/** For the OpenAPI document. */
export const prepareTotpDescription: Description = {
  name: 'createTotpSecret',
  summary: 'Create a second-factor secret',
  details:
    'The second factor stays off until `PUT /users/me/totp` receives a code generated from this secret. Calling again replaces the secret.',
  json: passwordCheck,
  answers: { 201: { summary: 'The secret. It is shown only once.', body: preparation } },
  refuses: [invalidCredentials(), totpEnabled(), tooManyFailures(60), overloaded()],
};
