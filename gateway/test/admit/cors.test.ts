import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bearer } from '../access-token.js';
import { ask, type Answer } from '../ask.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';
import { startUpstream, type FakeUpstream } from '../start-upstream.js';

const page = 'https://app.example';
let upstream: FakeUpstream;
let closed: RunningGateway;
let open: RunningGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  closed = await startGatewayTo(upstream.origin);
  open = await startGatewayTo(upstream.origin, {
    corsOrigins: [page, 'http://localhost:5173'],
    rates: { user: { limit: 1_000, seconds: 60 } },
  });
});
afterAll(async () => {
  await closed.stop();
  await open.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.requests.length = 0;
});

const corsOf = ({ headers }: Answer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
const preflight = ({ port }: RunningGateway, path: string, origin = page, method = 'PUT') =>
  ask(port, 'OPTIONS', path, { headers: { origin, 'access-control-request-method': method } });

describe('without allowed origins', () => {
  it('lets no page read an answer', async () => {
    const answer = await ask(closed.port, 'GET', '/posts', { headers: { origin: page, ...bearer() } });
    expect(corsOf(answer)).toEqual({});
    expect(answer.headers).not.toHaveProperty('vary');
  });

  it('supports OPTIONS at no path', async () => {
    const answer = await preflight(closed, '/posts/7');
    expect([answer.status, answer.headers.allow]).toEqual([405, 'DELETE, GET, HEAD, PATCH, PUT']);
    expect(corsOf(answer)).toEqual({});
  });
});

describe('with allowed origins', () => {
  const forPages = {
    'access-control-allow-origin': page,
    'access-control-expose-headers':
      'Allow, Consistency, Consistency-Token, Content-Disposition, Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, WWW-Authenticate, X-Request-Id',
  };

  it('lets their pages read answers, without cookies', async () => {
    const answer = await ask(open.port, 'GET', '/posts', { headers: { origin: page, ...bearer() } });
    expect(answer).toMatchObject({ status: 200, headers: { vary: 'Origin', ratelimit: expect.any(String) } });
    expect(corsOf(answer)).toEqual(forPages);
  });

  it('lets their pages read refusals too', async () => {
    const answers = await Promise.all(
      ['/posts', '/nowhere', '//'].map((path) => ask(open.port, 'GET', path, { headers: { origin: page } })),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 404, 400]);
    for (const answer of answers) expect(corsOf(answer)).toEqual(forPages);
  });

  it.each([
    'null',
    'https://evil.example',
    'https://app.example.evil.example',
    'https://app.example:444',
    'http://app.example',
    'HTTPS://APP.EXAMPLE',
    'https://app.example/',
    '',
  ])('no page of %j may', async (origin) => {
    const answer = await ask(open.port, 'GET', '/posts', { headers: { origin, ...bearer() } });
    expect([answer.status, corsOf(answer), answer.headers.vary]).toEqual([200, {}, 'Origin']);
    const before = await preflight(open, '/posts/7', origin);
    expect([before.status, corsOf(before), before.headers.vary]).toEqual([405, {}, 'Origin']);
  });

  it('keeps the Vary header of the service', async () => {
    upstream.answer = (_request, response) => response.setHeader('vary', 'Accept').end();
    const answer = await ask(open.port, 'GET', '/posts', { headers: { origin: page, ...bearer() } });
    expect(answer.headers.vary).toBe('Origin, Accept');
  });

  it('answers a preflight itself, without counting it', async () => {
    const answer = await preflight(open, '/posts/7');
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(corsOf(answer)).toEqual({
      ...forPages,
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': expect.stringMatching(
        /^Authorization, .*Idempotency-Key, If-Match.*, traceparent, tracestate, baggage$/,
      ),
      'access-control-max-age': '600',
    });
    expect(answer.headers).not.toHaveProperty('ratelimit');
    expect(upstream.requests).toEqual([]);
  });

  it('refuses a preflight for a missing path or method like the request itself', async () => {
    const answers = [
      await preflight(open, '/internal/jwks.json'),
      await preflight(open, '/posts/7', page, 'POST'),
      await preflight(open, '/posts/7', page, 'TRACE'),
      await ask(open.port, 'OPTIONS', '/posts/7', { headers: { origin: page } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 405, 405, 405]);
  });
});

describe('with the allowed origin http://localhost:*', () => {
  let local: RunningGateway;
  beforeAll(async () => {
    local = await startGatewayTo(upstream.origin, { corsOrigins: ['http://localhost:*'] });
  });
  afterAll(() => local.stop());
  const allowed = async (origin: string) =>
    (await ask(local.port, 'GET', '/health', { headers: { origin } })).headers['access-control-allow-origin'];

  it.each(['http://localhost:5173', 'http://localhost:3000', 'http://localhost'])(
    '%s may',
    async (origin) => {
      expect(await allowed(origin)).toBe(origin);
    },
  );

  it.each([
    'https://localhost:5173',
    'http://localhost:5173.evil.example',
    'http://localhost.evil.example',
    'null',
  ])('%s may not', async (origin) => {
    expect(await allowed(origin)).toBeUndefined();
  });
});
