import { isDeepStrictEqual } from 'node:util';
import type Joi from 'joi';

/** A schema of JSON Schema 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** Converts Joi's schemas to JSON Schema, and keeps those with a name apart. */
export interface SchemaConverter {
  /** The schema; of a named one a reference. */
  convert(schema: Joi.Schema): JsonSchema;
  /** The named ones, for `#/components/schemas`. */
  readonly named: Record<string, JsonSchema>;
}

interface Meta {
  name?: string;
  jsonSchema?: JsonSchema;
}

/** What Joi keeps of a schema, as its own extensions see it. */
interface Terms {
  keys?: { key: string; schema: Joi.Schema }[] | null;
  items?: Joi.Schema[] | null;
  metas?: Meta[] | null;
  examples?: unknown[] | null;
}

/**
 * Joi itself says what it can in JSON Schema. Added here are names (`meta({ name })`), examples and what is told of
 * rules of our own (`saidAs`). Two different schemas of one name throw.
 */
export function createSchemaConverter(): SchemaConverter {
  const named: Record<string, JsonSchema> = {};

  const convert = (schema: Joi.Schema): JsonSchema => {
    const { metas, examples } = termsOf(schema);
    const { name, jsonSchema = {} } = Object.assign({}, ...(metas ?? [])) as Meta;
    const own = withConvertedParts(schema);
    // Of another type than Joi's, as a number in a query, nothing that Joi says of the value holds.
    const base = 'type' in jsonSchema ? annotationsOf(own) : own;
    const complete = { ...base, ...jsonSchema, ...(examples && { examples }) };
    return name === undefined ? complete : keep(name, complete);
  };

  const withConvertedParts = (schema: Joi.Schema): JsonSchema => {
    const { keys, items } = termsOf(schema);
    const { additionalProperties, ...base } = joisOwn(schema);
    if (keys) {
      base['properties'] = Object.fromEntries(
        keys.map(({ key, schema: part }) => [key, describeDefault(convert(part))]),
      );
      // Else nothing is said: unknown fields are dropped from what comes in, and may one day come with what goes out.
      if (additionalProperties !== false) base['additionalProperties'] = true;
    }
    if (items?.[0]) base['items'] = convert(items[0]);
    return base;
  };

  const keep = (name: string, schema: JsonSchema): JsonSchema => {
    named[name] ??= schema;
    if (!isDeepStrictEqual(named[name], schema)) throw new Error(`two schemas are named ${name}, and differ`);
    return { $ref: `#/components/schemas/${name}` };
  };

  return { convert, named };
}

/** Generators of clients take a property with a `default` for one that must be sent, so it is said in words. */
function describeDefault({ default: fallback, ...schema }: JsonSchema): JsonSchema {
  if (fallback === undefined) return schema;
  const { description } = schema as { description?: string };
  const sentence = `${JSON.stringify(fallback)} unless it is given.`;
  return {
    ...schema,
    description: description === undefined ? sentence : `${description} ${sentence}`,
  };
}

const annotationsOf = ({ description, default: fallback }: JsonSchema): JsonSchema => ({
  ...(description !== undefined && { description }),
  ...(fallback !== undefined && { default: fallback }),
});

const termsOf = (schema: Joi.Schema): Terms => (schema as unknown as { $_terms: Terms }).$_terms;

const joisOwn = (schema: Joi.Schema): JsonSchema => ({
  ...schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }),
});
