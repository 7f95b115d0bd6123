import {
  entityId,
  invalid,
  type AnswerDescription,
  type Description,
  type Problem,
  type Route,
} from '@agora/http';
import { mediaTypes, malformedBody, type BodyKind } from '@agora/http/body';
import type Joi from 'joi';
import type { JsonSchema, SchemaConverter } from './convert-schema.js';
import { describeProblems, type Examples } from './describe-problems.js';
import { headerOf, referTo } from './headers.js';

/** What an operation is made of. */
export interface OperationParts {
  route: Pick<Route, 'method' | 'path' | 'access'> & { service: string; reads: readonly BodyKind[] };
  description: Description;
  /** What the route is refused with whatever its handler does. */
  refusals: readonly Problem[];
}

/** What all operations add to. */
export interface Components {
  converter: SchemaConverter;
  /** Of problems, by code. */
  examples: Examples;
}

/** An Operation Object of OpenAPI 3.1. */
export interface Operation {
  responses: Record<string, unknown>;
  [member: string]: unknown;
}

/** What holds for every body. */
const bodyRules =
  'At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored.';

/** The operation of a route. */
export function describeOperation(
  { route, description, refusals }: OperationParts,
  { converter, examples }: Components,
): Operation {
  const { name, summary, details, answers, refuses = [] } = description;
  const parameters = parametersOf(route.path, description, converter);
  const bodies = bodiesOf(description, route.reads, converter);
  const problems = [...refusals, ...refusalsOf(description, route.path), ...refuses];
  // A request that changes nothing has none.
  const mayWrite = route.service !== 'gateway' && route.method !== 'GET';
  const headers = referTo(
    'X-Request-Id',
    ...(problems.some(({ status }) => status === 429) ? (['RateLimit-Policy', 'RateLimit'] as const) : []),
    ...(mayWrite ? (['Consistency-Token'] as const) : []),
  );
  return {
    operationId: name,
    summary,
    description: details,
    tags: [route.service],
    security: route.access === 'anyone' ? [] : [{ oauth2Password: [] }, { bearerAuth: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(bodies && { requestBody: { description: bodyRules, required: true, content: bodies } }),
    responses: {
      ...mapEntries(answers, (answer) => describeAnswer(answer, converter, headers)),
      ...describeProblems(problems, examples),
    },
  };
}

const parameterNames = (path: string): string[] =>
  [...path.matchAll(/:(\w+)/g)].flatMap(([, name]) => name ?? []);

/** The problems that reading what is described brings along. */
function refusalsOf({ json, form, query, path = {} }: Description, route: string): Problem[] {
  const readsBody = json !== undefined || form !== undefined;
  const field = query ? Object.keys(query)[0] : parameterNames(route).find((name) => !(name in path));
  const problems = readsBody ? [malformedBody('The body does not match its content type.')] : [];
  return readsBody || field !== undefined
    ? [...problems, invalid([{ field: field ?? 'body', message: `${field ?? 'body'} is not valid` }])]
    : problems;
}

function parametersOf(
  route: string,
  { path = {}, query = {}, headers = {} }: Description,
  { convert }: SchemaConverter,
): unknown[] {
  const parameter = (place: string, name: string, schema: Joi.Schema) => {
    const {
      description,
      examples: given,
      ...rest
    } = convert(schema) as {
      description?: string;
      examples?: unknown[];
    } & JsonSchema;
    const example = given?.[0] ?? rest['default'];
    if (example === undefined) throw new Error(`the parameter ${name} of ${route} has no example`);
    return {
      name,
      in: place,
      ...((place === 'path' || isRequired(schema)) && { required: true }),
      ...(description !== undefined && { description }),
      // Separated by commas, as in `1,2,3`.
      ...(rest['type'] === 'array' && { style: 'form', explode: false }),
      schema: rest,
      example,
    };
  };
  return [
    ...parameterNames(route).map((name) => parameter('path', name, path[name] ?? entityId.example(42))),
    ...Object.entries(query).map(([name, schema]) => parameter('query', name, schema as Joi.Schema)),
    ...Object.entries(headers).map(([name, schema]) => parameter('header', name, schema)),
  ];
}

const isRequired = (schema: Joi.Schema): boolean =>
  (schema.describe() as { flags?: { presence?: string } }).flags?.presence === 'required';

function bodiesOf(
  { json, form }: Description,
  reads: readonly BodyKind[],
  { convert }: SchemaConverter,
): Record<string, unknown> | undefined {
  const bodies = reads.flatMap((kind) => {
    // A form in both encodings is described in one: generated clients would send both at once.
    const schema = { json, form, multipart: undefined }[kind];
    return schema ? [[mediaTypes[kind], { schema: convert(schema) }]] : [];
  });
  return bodies.length > 0 ? Object.fromEntries(bodies) : undefined;
}

function describeAnswer(
  {
    summary,
    body,
    mediaType = 'application/json',
    headers = {},
    optionalHeaders = {},
    links,
  }: AnswerDescription,
  { convert }: SchemaConverter,
  commonHeaders: Record<string, unknown>,
): Record<string, unknown> {
  return {
    description: summary,
    headers: {
      ...mapEntries(headers, (text, name) => headerOf(name, text, true)),
      ...mapEntries(optionalHeaders, (text, name) => headerOf(name, text, false)),
      ...commonHeaders,
    },
    ...(body && { content: { [mediaType]: { schema: convert(body) } } }),
    ...(links && {
      links: mapEntries(links, (parameters, operationId) => ({ operationId, parameters })),
    }),
  };
}

function mapEntries<Value, Result>(
  record: Record<string, Value>,
  map: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
