import { mediaTypes } from '@agora/http/body';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { routes } from '../../src/routes.js';
import { bearer } from '../access-token.js';
import { ask, askJson } from '../ask.js';
import { sendRaw } from '../raw-http.js';
import { startGateway, type RunningGateway } from '../start-gateway.js';
import { startUpstream, type FakeUpstream } from '../start-upstream.js';

const services = ['auth', 'posts', 'votes'] as const;
let upstreams: Record<(typeof services)[number], FakeUpstream>;
let gateway: RunningGateway;

beforeAll(async () => {
  const [auth, posts, votes] = await Promise.all([
    startUpstream('auth'),
    startUpstream('posts'),
    startUpstream('votes'),
  ]);
  upstreams = { auth, posts, votes };
  gateway = await startGateway({ auth: auth.origin, posts: posts.origin, votes: votes.origin });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all(services.map((service) => upstreams[service].stop()));
});
beforeEach(() => {
  for (const service of services) upstreams[service].requests.length = 0;
});

const seen = () =>
  services.flatMap((service) =>
    upstreams[service].requests.map(({ method, url }) => `${service} ${method} ${url}`),
  );

const example = (path: string) => path.replace(/:\w+/, '7');
const proxied = routes.filter(({ service }) => service !== 'gateway');

describe('every route reaches its service, with and without a trailing slash', () => {
  it.each(proxied.map((route) => [route.method, route.path, route] as const))(
    '%s %s',
    async (method, path, route) => {
      const [kind] = route.reads;
      const options = kind
        ? { headers: { ...bearer(), 'content-type': mediaTypes[kind], 'content-length': '2' }, body: '{}' }
        : { headers: bearer() };
      const plain = await ask(gateway.port, method, example(path), options);
      const slashed = await ask(gateway.port, method, `${example(path)}/`, options);
      expect([plain.status, slashed.status]).toEqual([200, 200]);
      const expected = `${route.service} ${method} ${example(path)}`;
      expect(seen()).toEqual([expected, expected]);
    },
  );
});

describe('HEAD works wherever GET does', () => {
  it.each(routes.filter(({ method }) => method === 'GET').map(({ path }) => path))('%s', async (path) => {
    const get = await ask(gateway.port, 'GET', example(path), { headers: bearer() });
    const head = await ask(gateway.port, 'HEAD', example(path), { headers: bearer() });
    expect(head).toMatchObject({ status: get.status, text: '' });
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers['content-type']).toBe(get.headers['content-type']);
  });
});

describe('a known path with another method is 405', () => {
  const allowed: Record<string, string> = {
    '/': 'GET, HEAD',
    '/.well-known/jwks.json': 'GET, HEAD',
    '/.well-known/oauth-authorization-server': 'GET, HEAD',
    '/asyncapi.json': 'GET, HEAD',
    '/docs': 'GET, HEAD',
    '/docs/events/7': 'GET, HEAD',
    '/docs/start.js': 'GET, HEAD',
    '/docs/swagger-ui-bundle.js': 'GET, HEAD',
    '/docs/swagger-ui.css': 'GET, HEAD',
    '/email-confirmations': 'POST',
    '/feed': 'GET, HEAD',
    '/feed/stream': 'GET, HEAD',
    '/feed/stream/tickets': 'POST',
    '/health': 'GET, HEAD',
    '/login': 'POST',
    '/logout': 'POST',
    '/moderation/log': 'GET, HEAD',
    '/moderation/reports': 'GET, HEAD',
    '/moderation/reports/7': 'DELETE',
    '/openapi.json': 'GET, HEAD',
    '/password-resets': 'POST, PUT',
    '/posts': 'GET, HEAD, POST',
    '/posts/7': 'DELETE, GET, HEAD, PATCH, PUT',
    '/posts/7/removal': 'DELETE, PUT',
    '/posts/7/reports': 'POST',
    '/refresh': 'POST',
    '/sessions': 'DELETE, GET, HEAD',
    '/sessions/7': 'DELETE',
    '/users': 'GET, HEAD, POST',
    '/users/7': 'DELETE, GET, HEAD',
    '/users/7/ban': 'DELETE, PUT',
    '/users/7/role': 'PUT',
    '/users/me': 'DELETE, GET, HEAD, PATCH',
    '/users/me/email': 'PUT',
    '/users/me/email/confirmation': 'POST',
    '/users/me/export': 'GET, HEAD',
    '/users/me/password': 'PUT',
    '/users/me/totp': 'POST, PUT',
    '/users/me/totp/removal': 'POST',
    '/vote': 'GET, HEAD, POST',
  };
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
  const refused = Object.entries(allowed).flatMap(([path, allow]) =>
    methods
      .filter((method) => !allow.split(', ').includes(method))
      .map((method) => [method, path, allow] as const),
  );

  it('covers every path', () => {
    expect(Object.keys(allowed).toSorted()).toEqual(
      [...new Set(routes.map(({ path }) => example(path)))].toSorted(),
    );
  });

  it.each(refused)('%s %s', async (method, path, allow) => {
    for (const url of path === '/' ? [path] : [path, `${path}/`]) {
      const answer = await ask(gateway.port, method, url, { headers: { 'content-length': '0' } });
      expect(answer).toMatchObject({ status: 405, headers: { allow } });
      expect(answer.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
    }
    expect(seen()).toEqual([]);
  });

  it('CONNECT', async () => {
    const answer = await sendRaw(gateway.port, 'CONNECT agora:80 HTTP/1.1\r\nHost: agora:80\r\n\r\n');
    expect(answer.status).toBe(405);
  });
});

describe('the path', () => {
  it('prefers an exact match to one with a parameter', async () => {
    await ask(gateway.port, 'GET', '/users/me', { headers: bearer() });
    const answer = await ask(gateway.port, 'PUT', '/users/me', {
      headers: { ...bearer(), 'content-length': '0' },
    });
    expect(answer.headers.allow).toBe('DELETE, GET, HEAD, PATCH');
    expect(seen()).toEqual(['auth GET /users/me']);
  });

  it.each(['abc', '0', '99999999999', '-1', '1.5', 'a_b', '...'])(
    'leaves it to the service what the id %s is',
    async (id) => {
      await ask(gateway.port, 'GET', `/posts/${id}/`, { headers: bearer() });
      expect(seen()).toEqual([`posts GET /posts/${id}`]);
    },
  );
});

describe('the query', () => {
  it.each([
    '?limit=5&skip=1',
    '?search=%e2%82%ac+%2F..%2F',
    '?a=//../;\\|"<>',
    '?',
    '?a=1?b=2',
    '?search=a%00',
  ])('passes as sent: %s', async (query) => {
    await ask(gateway.port, 'GET', `/posts${query}`, { headers: bearer() });
    await ask(gateway.port, 'GET', `/posts/${query}`, { headers: bearer() });
    expect(seen()).toEqual([`posts GET /posts${query}`, `posts GET /posts${query}`]);
  });
});

it('passes bodies on unchanged', async () => {
  const post = { title: 'é', content: '\u{1f600}' };
  await askJson(gateway.port, 'POST', '/posts', post, bearer());
  const [request] = upstreams.posts.requests;
  expect(JSON.parse(request?.body ?? '')).toEqual(post);
});

it('answers an unknown path with a problem that does not repeat it', async () => {
  const answer = await ask(gateway.port, 'GET', '/nowhere');
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toEqual({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'There is nothing at this path.',
    code: 'not_found',
    request_id: answer.headers['x-request-id'],
  });
});
