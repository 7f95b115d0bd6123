import Joi from 'joi';
import { saidAs } from './describe.js';
import { invalid, type FieldError } from './problem.js';

/** Stands for a form field that came more than once. */
export const repeatedField = Symbol('given more than once');

/** Validates what a client sent, without converting it; throws the 422 that lists every bad field once. Unknown fields are dropped. */
export function validate<Value>(schema: Joi.ObjectSchema<Value>, input: unknown): Value {
  const { value, error } = bodySchema(schema).validate(input);
  if (error) throw invalid(fieldErrors(error.details));
  return value;
}

/** Each bad field with the first thing that is wrong with it. */
export function fieldErrors(details: readonly Joi.ValidationErrorItem[]): FieldError[] {
  const messages = new Map<string, string>();
  for (const { path, message, context } of details) {
    const field = path.join('.') || 'body';
    const isRepeated = context?.value === repeatedField;
    if (!messages.has(field))
      messages.set(field, isRepeated ? `${field} must be given at most once` : message);
  }
  return [...messages].map(([field, message]) => ({ field, message }));
}

/** Compiling a schema takes longer than validating with it. */
const bodySchemas = new WeakMap<Joi.ObjectSchema, Joi.ObjectSchema>();

function bodySchema<Value>(schema: Joi.ObjectSchema<Value>): Joi.ObjectSchema<Value> {
  const known = bodySchemas.get(schema);
  if (known) return known;
  const made = schema
    .required()
    .label('body')
    .prefs({ convert: false, abortEarly: false, stripUnknown: true, errors: { wrap: { label: false } } });
  bodySchemas.set(schema, made);
  return made;
}

interface TextLimits {
  min?: number;
  max: number;
}

/** A string of `min` to `max` code points that Postgres can store: without U+0000 and lone surrogates. */
export const text = ({ min = 0, max }: TextLimits): Joi.StringSchema =>
  // What is allowed outright skips every rule, so the empty string must be only where it fits.
  saidAs(min === 0 ? Joi.string().allow('') : Joi.string(), { minLength: min, maxLength: max })
    .custom((value: string, { error }) => {
      if (!isStorable(value)) return error('text.characters');
      // Two code units make at most one code point less each, so most strings need no counting.
      const length = value.length <= min || value.length > max ? Array.from(value).length : value.length;
      if (length < min) return error('text.short', { min });
      if (length > max) return error('text.long', { max });
      return value;
    })
    .messages({
      'text.characters': '{#label} must not contain U+0000 or lone surrogates',
      'text.short': '{#label} must have at least {#min} character(s)',
      'text.long': '{#label} must have at most {#max} characters',
    });

/** Whether a string survives a round trip through Postgres unchanged. */
export const isStorable = (value: string): boolean => value.isWellFormed() && !value.includes('\0');

/** The largest integer of Postgres. */
export const largestId = 2_147_483_647;

/** The id of a user or a post in a body. */
export const entityId = Joi.number().integer().min(1).max(largestId);

/** The id in a path; throws 422 when it is no integer from 1 to 2147483647. */
export function parseId(raw: string | undefined, field = 'id'): number {
  const id = readId(raw ?? '');
  if (id === undefined)
    throw invalid([{ field, message: `${field} must be an integer from 1 to ${largestId}` }]);
  return id;
}

/** An id that is written in plain digits; undefined when it is none. */
export function readId(raw: string): number | undefined {
  const id = /^[1-9][0-9]{0,9}$/.test(raw) ? Number(raw) : Number.NaN;
  return id <= largestId ? id : undefined;
}
