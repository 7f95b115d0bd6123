import { entityId } from '@agora/chassis';
import Joi from 'joi';
import type { UserView } from '../../models/user.js';

/** What a client sees of an account. */
export const userView = Joi.object<UserView, true>({
  id: entityId.required(),
  email: Joi.string().email().required(),
  created_at: Joi.string().isoDate().required(),
})
  .example({ id: 7, email: 'ada@example.com', created_at: '2026-01-31T12:00:00.000Z' })
  .meta({ name: 'User' });
