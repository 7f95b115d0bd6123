import { describe, expect, it } from '@jest/globals';
import { conflict, get, post, saidAs, type Description } from '@agora/http';
import { idListParameter } from '@agora/http/reads';
import Joi from 'joi';
import { createDocument, type PublicRoute } from '../src/index.js';

const thing = Joi.object({ id: Joi.number().integer().required() }).meta({ name: 'Thing' });
const description: Description = {
  name: 'showThing',
  summary: 'Show',
  details: 'Shows a thing.',
  answers: { 200: { summary: 'It.', body: thing } },
};
const route: PublicRoute = { method: 'GET', path: '/things/:id', service: 'shop', access: 'user', reads: [] };
const handler = () => undefined;

const make = (endpoint = get('/things/:id', 'user', handler, description), publicRoute = route) =>
  createDocument({
    publicRoutes: [publicRoute],
    refusalsOf: () => [conflict('one', 'One.')],
    endpoints: { shop: [endpoint] },
    otherCodes: ['gone'],
  });

/** What is at the end of a path of keys. */
const at = (document: unknown, ...keys: string[]) =>
  keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);

describe('the document', () => {
  it('has an operation for a route, from its path, its handler and the gateway', () => {
    const operation = at(make(), 'paths', '/things/{id}', 'get');
    expect(operation).toMatchObject({
      operationId: 'showThing',
      tags: ['shop'],
      security: [{ oauth2Password: [] }, { bearerAuth: [] }],
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 }, example: 42 },
      ],
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
        409: {
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
        422: { description: expect.stringContaining('validation_failed') },
      },
    });
  });

  it('joins problems of one status into one response with all their codes', () => {
    const refuses = [conflict('two', 'Two.')];
    const document = make(get('/things/:id', 'user', handler, { ...description, refuses }));
    const answers = at(document, 'paths', '/things/{id}', 'get', 'responses', '409', 'content');
    expect(Object.keys(at(answers, 'application/problem+json', 'examples') as object)).toEqual([
      'one',
      'two',
    ]);
    expect(at(document, 'components', 'examples', 'two', 'value')).toMatchObject({
      status: 409,
      detail: 'Two.',
    });
  });

  it('describes a custom rule with its given text', () => {
    const query = {
      size: saidAs(Joi.string(), { type: 'integer', maximum: 9 }).default(5).description('How large.'),
    };
    const document = make(get('/things/:id', 'user', handler, { ...description, query }));
    expect(at(document, 'paths', '/things/{id}', 'get', 'parameters', '1')).toEqual({
      name: 'size',
      in: 'query',
      description: 'How large.',
      schema: { type: 'integer', maximum: 9, default: 5 },
      example: 5,
    });
  });

  it('describes the default of an optional property in words, because generated clients would require one with a default', () => {
    const json = Joi.object({ open: Joi.boolean().default(true).description('For all.') }).meta({
      name: 'Opening',
    });
    const endpoint = post('/things/:id', 'user', handler, { ...description, json });
    const document = make(endpoint, { ...route, method: 'POST', reads: ['json'] });
    expect(at(document, 'components', 'schemas', 'Opening', 'properties', 'open')).toEqual({
      type: 'boolean',
      description: 'For all. Defaults to true.',
    });
  });

  it('describes a list in a query as a comma-separated array', () => {
    const query = { ids: idListParameter({ max: 9 }) };
    const document = make(get('/things/:id', 'user', handler, { ...description, query }));
    expect(at(document, 'paths', '/things/{id}', 'get', 'parameters', '1')).toMatchObject({
      name: 'ids',
      style: 'form',
      explode: false,
      schema: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 9 },
    });
  });

  it('has one schema for problems, with the codes of all operations and of requests to no operation', () => {
    expect(at(make(), 'components', 'schemas', 'ProblemCode')).toMatchObject({
      title: 'ProblemCode',
      enum: ['gone', 'one', 'validation_failed'],
    });
  });

  it('shares a response that most operations have', () => {
    const routes = ['/things/:id', '/others/:id', '/more/:id'].map((path) =>
      Object.assign({}, route, { path }),
    );
    const document = createDocument({
      publicRoutes: routes,
      refusalsOf: ({ path }) => [conflict(path === '/more/:id' ? 'two' : 'one', 'No.')],
      endpoints: { shop: routes.map(({ path }) => get(path, 'user', handler, description)) },
      otherCodes: [],
    });
    const answers = ['/things/{id}', '/others/{id}', '/more/{id}'].map((path) =>
      at(document, 'paths', path, 'get', 'responses', '409'),
    );
    const shared = { $ref: '#/components/responses/Conflict' };
    expect(answers).toEqual([
      shared,
      shared,
      expect.objectContaining({ description: 'Conflict: `two` (No.)' }),
    ]);
  });

  it.each([
    [
      'a route that its service does not have',
      () => make(get('/others', 'user', handler, description)),
      'not in that of shop',
    ],
    ['a route that nobody describes', () => make(get('/things/:id', 'user', handler)), 'no description'],
    [
      'a route that is for others behind the gateway',
      () => make(get('/things/:id', 'anyone', handler, description)),
      'for user at the gateway',
    ],
    [
      'a route that reads something else behind the gateway',
      () =>
        make(post('/things/:id', 'user', handler, { ...description, json: thing }), {
          ...route,
          method: 'POST',
        }),
      'is described with json',
    ],
    [
      'a body without a name',
      () =>
        make(
          post('/things/:id', 'user', handler, { ...description, json: Joi.object({ a: Joi.string() }) }),
          {
            ...route,
            method: 'POST',
            reads: ['json'],
          },
        ),
      'an object has no name',
    ],
    [
      'a parameter without an example',
      () => make(get('/things/:id', 'user', handler, { ...description, query: { q: Joi.string() } })),
      'the parameter q of /things/:id has no example',
    ],
    [
      'two schemas of one name',
      () =>
        make(
          post('/things/:id', 'user', handler, {
            ...description,
            json: Joi.object({ a: Joi.string() }).meta({ name: 'Thing' }),
          }),
          { ...route, method: 'POST', reads: ['json'] },
        ),
      'two schemas are named Thing',
    ],
  ])('cannot be made of %s', (_what, making, complaint) => {
    expect(making).toThrow(complaint);
  });
});
