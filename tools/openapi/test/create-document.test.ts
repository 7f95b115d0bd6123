import { describe, expect, it } from '@jest/globals';
import { conflict, get, post, saidAs, type Description } from '@agora/http';
import { idListParameter } from '@agora/http/reads';
import Joi from 'joi';
import { createDocument, type PublicRoute } from '../src/index.js';

const thing = Joi.object({ id: Joi.number().integer().required() }).meta({ name: 'Thing' });
const description: Description = {
  name: 'showThing',
  summary: 'Show',
  answers: { 200: { summary: 'It.', body: thing } },
};
const route: PublicRoute = { method: 'GET', path: '/things/:id', service: 'shop', access: 'user', reads: [] };
const handler = () => undefined;

const make = (endpoint = get('/things/:id', 'user', handler, description), publicRoute = route) =>
  createDocument({
    publicRoutes: [publicRoute],
    refusalsOf: () => [conflict('one', 'One.')],
    endpoints: { shop: [endpoint] },
  });

/** What is at the end of a path of keys. */
const at = (document: unknown, ...keys: string[]) =>
  keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);

describe('the document', () => {
  it('has an operation for a route, with what its path, its handler and the gateway say', () => {
    const operation = at(make(), 'paths', '/things/{id}', 'get');
    expect(operation).toMatchObject({
      operationId: 'showThing',
      tags: ['shop'],
      security: [{ login: [] }, { accessToken: [] }],
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } }],
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
        409: { $ref: '#/components/responses/One' },
        422: { $ref: '#/components/responses/ValidationFailed' },
      },
    });
  });

  it('joins problems of one status into one response with all their codes', () => {
    const refuses = [conflict('two', 'Two.')];
    const document = make(get('/things/:id', 'user', handler, { ...description, refuses }));
    const schema = at(
      document,
      'components',
      'responses',
      'OneOrTwo',
      'content',
      'application/problem+json',
      'schema',
    );
    expect(schema).toMatchObject({
      allOf: [{}, { properties: { status: { const: 409 }, code: { enum: ['one', 'two'] } } }],
    });
  });

  it('says of a rule of its own what it is told', () => {
    const query = {
      size: saidAs(Joi.string(), { type: 'integer', maximum: 9 }).default(5).description('How large.'),
    };
    const document = make(get('/things/:id', 'user', handler, { ...description, query }));
    expect(at(document, 'paths', '/things/{id}', 'get', 'parameters', '1')).toEqual({
      name: 'size',
      in: 'query',
      description: 'How large.',
      schema: { type: 'integer', maximum: 9, default: 5 },
    });
  });

  it('says in words what is taken for a property that is left out: generated clients would demand one with a default', () => {
    const json = Joi.object({ open: Joi.boolean().default(true).description('For all.') });
    const endpoint = post('/things/:id', 'user', handler, { ...description, json });
    const document = make(endpoint, { ...route, method: 'POST', reads: ['json'] });
    const body = at(document, 'paths', '/things/{id}', 'post', 'requestBody', 'content', 'application/json');
    expect(at(body, 'schema', 'properties', 'open')).toEqual({
      type: 'boolean',
      description: 'For all. true unless it is given.',
    });
  });

  it('has a list in a query as an array with commas between', () => {
    const query = { ids: idListParameter({ max: 9 }) };
    const document = make(get('/things/:id', 'user', handler, { ...description, query }));
    expect(at(document, 'paths', '/things/{id}', 'get', 'parameters', '1')).toMatchObject({
      name: 'ids',
      style: 'form',
      explode: false,
      schema: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 9 },
    });
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
      'two schemas of one name',
      () =>
        make(
          get('/things/:id', 'user', handler, {
            ...description,
            query: { q: Joi.string().meta({ name: 'Thing' }) },
          }),
        ),
      'two schemas are named Thing',
    ],
  ])('cannot be made of %s', (_what, making, complaint) => {
    expect(making).toThrow(complaint);
  });
});
