import { entityId } from '@agora/http';
import { roles } from '@agora/identity';
import Joi from 'joi';
import type { AccountView, UserView } from '../../models/user.js';

/** What an account may do. */
export const roleSchema = Joi.string()
  .valid(...roles)
  .meta({ name: 'Role' });

/** The public part of an account. */
export const userView = Joi.object<UserView, true>({
  id: entityId.required(),
  name: Joi.string().required(),
  created_at: Joi.string().isoDate().required(),
  email: Joi.string()
    .email()
    .description('Present only if the server is configured with `PUBLIC_EMAILS=true`.'),
})
  .example({ id: 7, name: 'ada', created_at: '2026-01-31T12:00:00.000Z' })
  .meta({ name: 'User' });

/** What its owner sees of an account. */
export const accountView = Joi.object<AccountView, true>({
  id: entityId.required(),
  name: Joi.string().required(),
  email: Joi.string().email().required(),
  email_verified: Joi.boolean().required().description('Whether the e-mail address is confirmed.'),
  role: roleSchema.required(),
  totp: Joi.boolean().required().description('Whether a second factor is on.'),
  created_at: Joi.string().isoDate().required(),
})
  .example({
    id: 7,
    name: 'ada',
    email: 'ada@example.com',
    email_verified: true,
    role: 'user',
    totp: false,
    created_at: '2026-01-31T12:00:00.000Z',
  })
  .meta({ name: 'Account' });
