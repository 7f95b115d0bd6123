import { saidAs } from '@agora/http';
import Joi from 'joi';

/** ASCII only, and checked so before folding case: some other letters become ASCII ones when they are folded. */
const plain = /^[\x21-\x7e]+$/;

/** An e-mail address in the form that is stored and compared: trimmed and in lower case; undefined if invalid. */
export function canonicalEmail(given: string): string | undefined {
  const address = given.trim();
  if (!plain.test(address) || /["(),:;<>[\\\]]/.test(address)) return undefined;
  const { error } = shape.validate(address);
  return error ? undefined : address.toLowerCase();
}

// By its shape alone: whether the top-level domain is one of today's list is not ours to say.
const shape = Joi.string()
  .max(254)
  .email({ tlds: { allow: false } });

/** An e-mail address in a body; its value is the canonical form. */
export const emailSchema = saidAs(Joi.string(), { format: 'email', maxLength: 254 })
  .required()
  .custom((value: string, { error }) => canonicalEmail(value) ?? error('email.invalid'))
  .messages({ 'email.invalid': '{#label} must be an e-mail address' });
