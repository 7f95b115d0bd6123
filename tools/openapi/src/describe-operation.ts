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
import type { SchemaConverter } from './convert-schema.js';
import { describeProblems } from './describe-problems.js';
import { headerOf, referTo } from './headers.js';

/** What an operation is made of. */
export interface OperationParts {
  route: Pick<Route, 'method' | 'path' | 'access'> & { service: string; reads: readonly BodyKind[] };
  description: Description;
  /** What the route is refused with whatever its handler does. */
  refusals: readonly Problem[];
}

/** Where the parts of a document go that operations share. */
export interface Components {
  converter: SchemaConverter;
  responses: Record<string, unknown>;
}

/** An Operation Object of OpenAPI 3.1. */
export function describeOperation(
  { route, description, refusals }: OperationParts,
  { converter, responses }: Components,
): Record<string, unknown> {
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
    ...(details !== undefined && { description: details }),
    tags: [route.service],
    security: route.access === 'anyone' ? [] : [{ login: [] }, { accessToken: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(bodies && { requestBody: { required: true, content: bodies } }),
    responses: {
      ...mapEntries(answers, (answer) => describeAnswer(answer, converter, headers)),
      ...describeProblems(problems, converter, responses),
    },
  };
}

const parameterNames = (path: string): string[] =>
  [...path.matchAll(/:(\w+)/g)].flatMap(([, name]) => name ?? []);

/** The problems that reading what is described brings along. */
function refusalsOf({ json, form, query, path = {} }: Description, route: string): Problem[] {
  const readsBody = json !== undefined || form !== undefined;
  const field = query ? Object.keys(query)[0] : parameterNames(route).find((name) => !(name in path));
  const problems = readsBody
    ? [malformedBody('The body could not be read as what its content type says.')]
    : [];
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
    const { description, ...rest } = convert(schema);
    return {
      name,
      in: place,
      ...((place === 'path' || isRequired(schema)) && { required: true }),
      ...(description !== undefined && { description }),
      // With commas between, as `1,2,3`.
      ...(rest['type'] === 'array' && { style: 'form', explode: false }),
      schema: rest,
    };
  };
  return [
    ...parameterNames(route).map((name) => parameter('path', name, path[name] ?? entityId)),
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
    const schema = kind === 'json' ? json : form;
    return schema ? [[mediaTypes[kind], { schema: convert(schema) }]] : [];
  });
  return bodies.length > 0 ? Object.fromEntries(bodies) : undefined;
}

function describeAnswer(
  { summary, body, mediaType = 'application/json', headers = {}, optionalHeaders = {} }: AnswerDescription,
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
  };
}

function mapEntries<Value, Result>(
  record: Record<string, Value>,
  map: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
