import { entityId } from '@agora/http';
import Joi from 'joi';
import type { AccountView, UserView } from '../../models/user.js';

/** What everybody sees of an account. */
export const userView = Joi.object<UserView, true>({
  id: entityId.required(),
  name: Joi.string().required(),
  created_at: Joi.string().isoDate().required(),
  email: Joi.string().email().description('Only with the setting `PUBLIC_EMAILS`.'),
})
  .example({ id: 7, name: 'ada', created_at: '2026-01-31T12:00:00.000Z' })
  .meta({ name: 'User' });

/** What its owner sees of an account. */
export const accountView = Joi.object<AccountView, true>({
  id: entityId.required(),
  name: Joi.string().required(),
  email: Joi.string().email().required(),
  email_verified: Joi.boolean().required().description('Whether the address is confirmed.'),
  role: Joi.string().valid('user', 'moderator', 'admin').required(),
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
