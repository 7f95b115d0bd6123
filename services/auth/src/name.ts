import { saidAs } from '@agora/http';
import Joi from 'joi';

const allowed = /^[A-Za-z0-9_]{3,30}$/;

/** Names such as `user_7` belong to the accounts without a name of their own. */
const reserved = /^user_[0-9]+$/i;

/** Whether somebody may choose this name, the account `id` perhaps, whose own `user_<id>` it then may be. */
export const isFree = (name: string, id?: number): boolean =>
  !reserved.test(name) || (id !== undefined && name.toLowerCase() === `user_${id}`);

/** What is wrong with a reserved name. */
export const reservedMessage =
  'name must not be user_ followed by digits; such names are reserved for accounts without a name';

/** A name in a body, by its characters alone. */
export const nameSchema = saidAs(Joi.string(), { minLength: 3, maxLength: 30, pattern: allowed.source })
  .custom((value: string, { error }) => (allowed.test(value) ? value : error('name.shape')))
  .messages({ 'name.shape': '{#label} must have 3 to 30 letters, digits or underscores (A-Z a-z 0-9 _)' })
  .description('Unique, compared case-insensitively.');
