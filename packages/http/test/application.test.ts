import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { conflict, get, post, unavailable } from '@agora/http';
import { routeRequests } from '@agora/http/serve';
import { serve } from './serve.js';

class SecretError extends Error {
  readonly body = { password: 'hunter2' };
}

const routes = [
  get('/things/:id', 'anyone', (ctx) => {
    ctx.body = { id: ctx.params.id };
  }),
  post('/conflict', 'anyone', () => {
    throw conflict('thing_exists', 'The thing exists.');
  }),
  get('/broken', 'anyone', () => {
    throw new SecretError('SELECT * FROM secrets at /srv/app.js');
  }),
  get('/database-down', 'anyone', () => {
    throw new Error('database down');
  }),
];

describe('an application', () => {
  let server: Awaited<ReturnType<typeof serve>>;

  beforeAll(async () => {
    server = await serve(routeRequests(routes), (error) =>
      error instanceof Error && error.message === 'database down'
        ? unavailable('Later, please.', 3)
        : undefined,
    );
  });
  afterAll(() => server.stop());

  it('keeps a sane request id', async () => {
    const response = await fetch(`${server.url}/things/1`, { headers: { 'X-Request-Id': 'abc-123.DEF_4' } });
    expect(response.headers.get('x-request-id')).toBe('abc-123.DEF_4');
  });

  it.each(['short', 'a'.repeat(65), 'with space', '<script>alert(1)</script>'])(
    'replaces the request id %j',
    async (given) => {
      const response = await fetch(`${server.url}/things/1`, { headers: { 'X-Request-Id': given } });
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each(['/things/1', '/broken', '/nowhere'])('sets the security headers on %s', async (path) => {
    const { headers } = await fetch(server.url + path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('answers a problem with its status, code and request id', async () => {
    const response = await fetch(`${server.url}/conflict`, { method: 'POST' });
    expect(response.status).toBe(409);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'The thing exists.',
      code: 'thing_exists',
      request_id: response.headers.get('x-request-id'),
    });
  });

  it('reveals nothing about an unknown error', async () => {
    const response = await fetch(`${server.url}/broken`);
    const body = await response.text();
    expect(response.status).toBe(500);
    expect(body).not.toMatch(/SELECT|app\.js|hunter2|SecretError/);
    expect(JSON.parse(body)).toMatchObject({ code: 'internal_error' });
  });

  it('answers with the problem that an error is mapped to', async () => {
    const response = await fetch(`${server.url}/database-down`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('3');
  });

  it('serves a path with and without a trailing slash', async () => {
    for (const path of ['/things/7', '/things/7/']) {
      const response = await fetch(server.url + path, { redirect: 'error' });
      expect(await response.json()).toEqual({ id: '7' });
    }
  });

  it('answers HEAD wherever it answers GET', async () => {
    const response = await fetch(`${server.url}/things/7`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('10');
    expect(await response.text()).toBe('');
  });

  it('answers 404 for another path and 405 with Allow for another method', async () => {
    expect((await fetch(`${server.url}/Things/7`)).status).toBe(404);
    const response = await fetch(`${server.url}/things/7`, { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});
