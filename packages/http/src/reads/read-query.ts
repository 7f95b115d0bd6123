import Joi from 'joi';
import type { Context } from 'koa';
import { saidAs } from '../endpoint/describe.js';
import { invalid, type FieldError } from '../endpoint/problem.js';
import { fieldErrors, largestId, readId } from '../endpoint/validate.js';

/** The known parameters of the query string, each given at most once; throws the 422 that lists every bad one. Unknown ones are ignored. */
export function readQuery<Query>(ctx: Context, schema: Joi.PartialSchemaMap<Query>): Query {
  const { querystring } = ctx;
  const known = querystring === '' && emptyQueries.get(schema);
  if (known) return { ...known } as Query;
  const given = new URLSearchParams(querystring);
  const errors: FieldError[] = [];
  const values: Record<string, string> = {};
  for (const field of Object.keys(schema)) {
    const [value, ...more] = given.getAll(field);
    const nested = [...given.keys()].some((key) => key.startsWith(`${field}[`));
    if (more.length > 0 || nested) errors.push({ field, message: `${field} must be given at most once` });
    else if (value !== undefined) values[field] = value;
  }
  const { value, error } = querySchema(schema).validate(values);
  for (const each of fieldErrors(error?.details ?? [])) {
    // One that is given twice was left out above, and is not missing.
    if (!errors.some(({ field }) => field === each.field)) errors.push(each);
  }
  if (errors.length > 0 || error) throw invalid(errors);
  if (querystring === '') emptyQueries.set(schema, { ...(value as object) });
  return value;
}

/** The result of each schema for an empty query, the most frequent one. */
const emptyQueries = new WeakMap<object, object>();

/** Compiling a schema takes longer than validating with it. */
const querySchemas = new WeakMap<object, Joi.ObjectSchema>();

function querySchema<Query>(schema: Joi.PartialSchemaMap<Query>): Joi.ObjectSchema<Query> {
  const known = querySchemas.get(schema);
  if (known) return known;
  const made = Joi.object<Query>(schema).prefs({
    convert: false,
    abortEarly: false,
    errors: { wrap: { label: false } },
  });
  querySchemas.set(schema, made);
  return made;
}

/** A whole number in a query string, written in plain digits, from `min` to `max`; it may be left out. */
export const integerParameter = ({ min, max, fallback }: { min: number; max: number; fallback?: number }) =>
  fallback === undefined ? plainDigits(min, max) : plainDigits(min, max).default(fallback);

/** The id of a user or a post in a query string; it may be left out. */
export const idParameter = () => plainDigits(1, largestId);

const plainDigits = (min: number, max: number) =>
  saidAs(Joi.string(), { type: 'integer', minimum: min, maximum: max })
    .custom((value: string, { error }) => {
      const number = /^(0|[1-9][0-9]{0,9})$/.test(value) ? Number(value) : Number.NaN;
      return number >= min && number <= max ? number : error('integer.range', { min, max });
    })
    .messages({ 'integer.range': '{#label} must be an integer from {#min} to {#max}' });

/** Ids that are written as `1,2,3`; undefined unless there are 1 to `max`, and ids alone. */
export function readIds(list: string, max: number): number[] | undefined {
  const ids = list.split(',', max + 1).map(readId);
  return ids.length <= max && ids.every((id) => id !== undefined) ? ids : undefined;
}

/** Ids of users or posts in a query string, as `1,2,3`: one to `max` of them. */
export const idListParameter = ({ max }: { max: number }) =>
  saidAs(Joi.string(), {
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: largestId },
    minItems: 1,
    maxItems: max,
  })
    .description(`1 to ${max} ids, separated by commas.`)
    .example([1, 2, 3])
    .custom((value: string, { error }) => readIds(value, max) ?? error('ids.list', { max }))
    .messages({
      'ids.list': `{#label} must be 1 to {#max} integers from 1 to ${largestId}, separated by commas`,
    });
