import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, text } from '@agora/http';
import { integerParameter, readQuery } from '@agora/http/reads';
import { routeRequests } from '@agora/http/serve';
import { serve } from './serve.js';

const routes = [
  get('/list', 'anyone', (ctx) => {
    ctx.body = readQuery(ctx, {
      limit: integerParameter({ min: 1, max: 100, fallback: 10 }),
      search: text({ max: 5 }).default(''),
    });
  }),
];

describe('readQuery', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  const list = async (query: string) => {
    const response = await fetch(`${server.url}/list?${query}`);
    return { status: response.status, body: (await response.json()) as { errors?: { field: string }[] } };
  };

  beforeAll(async () => {
    server = await serve(routeRequests(routes));
  });
  afterAll(() => server.stop());

  it('uses defaults for missing parameters, and ignores unknown ones', async () => {
    expect(await list('page=3&page=4')).toEqual({ status: 200, body: { limit: 10, search: '' } });
  });

  it('reads the given parameters', async () => {
    expect((await list('limit=100&search=%25+%C3%A9')).body).toEqual({ limit: 100, search: '% é' });
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=',
    'limit=+5',
    'limit=1e1',
    'limit=0x10',
    'limit=1.0',
    'limit=-1',
    'limit[]=1',
  ])('refuses %s', async (query) => {
    const { status, body } = await list(query);
    expect([status, body.errors?.[0]?.field]).toEqual([422, 'limit']);
  });

  it('refuses a repeated known parameter', async () => {
    expect((await list('limit=1&limit=1')).status).toBe(422);
  });

  it('lists every bad parameter', async () => {
    const { body } = await list('limit=x&search=toolong');
    expect(body.errors?.map(({ field }) => field).toSorted()).toEqual(['limit', 'search']);
  });

  it('refuses U+0000', async () => {
    expect((await list('search=a%00')).status).toBe(422);
  });
});
