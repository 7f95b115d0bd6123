import type Joi from 'joi';
import type { Problem } from './problem.js';

/**
 * The description of an endpoint for clients. What follows from its route, such as a 401 or a 415, is not repeated: the
 * OpenAPI document adds it.
 */
export interface Description {
  /** In camelCase: the operation in the document, and in clients that are made from it. */
  name: string;
  /** What it does, in a few words. */
  summary: string;
  /** Further details, in Markdown. */
  details: string;
  /** Parameters in the path that are no ids of a user or a post. */
  path?: Record<string, Joi.Schema>;
  /** The schemas that the handler itself validates with. */
  query?: Joi.PartialSchemaMap;
  json?: Joi.ObjectSchema;
  form?: Joi.ObjectSchema;
  /** Headers that it reads. */
  headers?: Record<string, Joi.Schema>;
  /** By status, all that is no problem. */
  answers: Record<number, AnswerDescription>;
  /** The problems that it throws itself, one for each code. */
  refuses?: readonly Problem[];
}

/** One success. A schema with `meta({ name })` is shown under that name everywhere. */
export interface AnswerDescription {
  summary: string;
  body?: Joi.Schema;
  /** Of the body, unless it is JSON. */
  mediaType?: string;
  /** Headers that always come with it, and what they say. */
  headers?: Record<string, string>;
  /** Headers that come with it at times. */
  optionalHeaders?: Record<string, string>;
  /** Operations that take a part of it as a parameter, by their names: where it is, such as `$response.body#/id`. */
  links?: Record<string, Record<string, string>>;
}

/** What JSON Schema says of a schema with a rule of its own, which nothing can be read from. */
export const saidAs = <Schema extends Joi.Schema>(
  schema: Schema,
  keywords: Record<string, unknown>,
): Schema => schema.meta({ jsonSchema: keywords }) as Schema;
