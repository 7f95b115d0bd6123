import { isDeepStrictEqual } from 'node:util';
import type Joi from 'joi';

/** A schema of JSON Schema 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** Converts Joi's schemas to JSON Schema, and keeps those with a name apart. */
export interface SchemaConverter {
  /** The schema; for a named one a reference. */
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
 * Joi itself says what it can in JSON Schema. Added here are names (`meta({ name })`), examples and what `saidAs` says of custom rules.
 * Throws for two different schemas of one name, and for an object without a name, unless
 * `mayBeUnnamed`: generators of clients would make one up.
 */
export function createSchemaConverter({ mayBeUnnamed = false } = {}): SchemaConverter {
  const named: Record<string, JsonSchema> = {};

  const convert = (schema: Joi.Schema): JsonSchema => {
    const { metas, examples } = termsOf(schema);
    const { name, jsonSchema = {} } = Object.assign({}, ...(metas ?? [])) as Meta;
    if ('$ref' in jsonSchema) return jsonSchema;
    const own = withConvertedParts(schema);
    // With another type than Joi's, such as a number in a query, nothing that Joi says about the value holds.
    const base = 'type' in jsonSchema ? annotationsOf(own) : own;
    const complete = withoutVoidLength({ ...base, ...jsonSchema, ...(examples && { examples }) });
    if (name !== undefined) return keep(name, { title: name, ...complete });
    if ('properties' in complete && !mayBeUnnamed)
      throw new Error(`an object has no name: ${JSON.stringify(complete)}`);
    return complete;
  };

  const withConvertedParts = (schema: Joi.Schema): JsonSchema => {
    const { keys, items } = termsOf(schema);
    const { additionalProperties, ...base } = joisOwn(schema);
    if (keys) {
      base['properties'] = Object.fromEntries(
        keys.map(({ key, schema: part }) => [key, describeDefault(convert(part))]),
      );
      // Otherwise it is left open: unknown fields of requests are dropped, and responses may gain fields.
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

/** Some generators require a property that has a `default`, so the default is stated in words. */
function describeDefault({ default: fallback, ...schema }: JsonSchema): JsonSchema {
  if (fallback === undefined) return schema;
  const { description } = schema as { description?: string };
  const sentence = `Defaults to ${JSON.stringify(fallback)}.`;
  return { ...schema, description: description === undefined ? sentence : `${description} ${sentence}` };
}

const annotationsOf = ({ description, default: fallback }: JsonSchema): JsonSchema => ({
  ...(description !== undefined && { description }),
  ...(fallback !== undefined && { default: fallback }),
});

const termsOf = (schema: Joi.Schema): Terms => (schema as unknown as { $_terms: Terms }).$_terms;

const joisOwn = (schema: Joi.Schema): JsonSchema => ({
  ...schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }),
});

/** `minLength` 1 says nothing beside a format, a pattern or a list of values. */
function withoutVoidLength(schema: JsonSchema): JsonSchema {
  const { minLength, ...rest } = schema;
  return minLength === 1 && ('format' in rest || 'enum' in rest || 'pattern' in rest) ? rest : schema;
}
