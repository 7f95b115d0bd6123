import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { routes } from '../../src/routes.js';
import { bearer, signToken } from '../access-token.js';
import { ask, askJson } from '../ask.js';
import { sendRaw } from '../raw-http.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';
import { startUpstream, type FakeUpstream } from '../start-upstream.js';

let upstream: FakeUpstream;
let gateway: RunningGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGatewayTo(upstream.origin);
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.requests.length = 0;
});

const token = signToken();
const lastRequest = () => {
  const request = upstream.requests.at(-1);
  if (!request) throw new Error('the service was not asked');
  return request;
};
const namesOf = (rawHeaders: string[]) =>
  rawHeaders
    .filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .toSorted();

describe('a request to the service', () => {
  it('carries the allowed headers, once each', async () => {
    const passed = {
      accept: 'application/json',
      'accept-language': 'de',
      authorization: `Bearer ${token}`,
      'consistency-token': 'c1',
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': 'k1',
      'if-match': '"a", "b"',
      'if-none-match': 'W/"c"',
      'last-event-id': '12',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'user-agent': 'tests',
    };
    await ask(gateway.port, 'POST', '/posts', { headers: { ...passed, 'content-length': '2' }, body: '{}' });
    const { headers, rawHeaders } = lastRequest();
    expect(headers).toMatchObject({ ...passed, 'content-length': '2', host: `127.0.0.1:${upstream.port}` });
    const added = ['connection', 'content-length', 'host', 'x-forwarded-for', 'x-request-id'];
    expect(namesOf(rawHeaders)).toEqual([...Object.keys(passed), ...added].toSorted());
  });

  const forbidden = [
    'x-user-id',
    'x-user-email',
    'X-USER-ID',
    'x_user_id',
    'x-auth-user',
    'x-internal-call',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-port',
    'forwarded',
    'x-real-ip',
    'true-client-ip',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method',
    'x-http-method-override',
    'x-method-override',
    'idempotency_key',
    'te',
    'trailer',
    'keep-alive',
    'proxy-authorization',
    'proxy-connection',
    'cookie',
    'origin',
    'accept-encoding',
    'range',
    'via',
    'tracestate',
    'baggage',
    'constructor',
    '__proto__',
  ];
  it.each(forbidden)('never carries %s', async (name) => {
    await sendRaw(
      gateway.port,
      `GET /posts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${name}: 1\r\n\r\n`,
    );
    expect(namesOf(lastRequest().rawHeaders)).toEqual([
      'authorization',
      'connection',
      'host',
      'x-forwarded-for',
      'x-request-id',
    ]);
  });

  it('never carries identity headers after Expect: 100-continue', async () => {
    const head = [
      'POST /vote HTTP/1.1',
      'Host: a',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      'Content-Length: 2',
      'Expect: 100-continue',
      'X-User-Id: 1',
      'X-Forwarded-For: 6.6.6.6',
    ];
    const answer = await sendRaw(gateway.port, `${head.join('\r\n')}\r\n\r\n{}`);
    expect(answer.status).toBe(200);
    const { headers } = lastRequest();
    expect(headers).not.toHaveProperty('expect');
    expect(headers).not.toHaveProperty('x-user-id');
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('is refused with any other expectation', async () => {
    const answer = await ask(gateway.port, 'GET', '/posts', {
      headers: { ...bearer(token), expect: 'miracles' },
    });
    expect(answer.status).toBe(417);
    expect(upstream.requests).toEqual([]);
  });

  it("carries no header that Connection names, and the gateway's own Connection", async () => {
    const named = 'close, X-Secret, Idempotency-Key, if-match , x-forwarded-for, x-request-id';
    const headers = { connection: named, 'x-secret': '1', 'idempotency-key': 'k', 'if-match': '"a"' };
    await ask(gateway.port, 'GET', '/posts', { headers: { ...headers, ...bearer(token) } });
    expect(lastRequest().headers).toMatchObject({ connection: 'keep-alive', 'x-forwarded-for': '127.0.0.1' });
    expect(lastRequest().headers).not.toHaveProperty('idempotency-key');
    expect(lastRequest().headers).not.toHaveProperty('if-match');
  });

  it("the socket's address, whatever X-Forwarded-For said", async () => {
    await ask(gateway.port, 'GET', '/posts', { headers: { 'x-forwarded-for': '6.6.6.6', ...bearer(token) } });
    expect(lastRequest().headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('carries an IPv4 address as such, even from an IPv6 socket', async () => {
    // An empty host is every address, of IPv6 too where there is one.
    const everywhere = await startGatewayTo(upstream.origin, { host: '' });
    await ask(everywhere.port, 'GET', '/posts', { headers: bearer(token) });
    await everywhere.stop();
    expect(lastRequest().headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it.each([
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x',
    'nonsense',
  ])('no broken traceparent %s', async (traceparent) => {
    await ask(gateway.port, 'GET', '/posts', { headers: { traceparent, ...bearer(token) } });
    expect(lastRequest().headers).not.toHaveProperty('traceparent');
  });

  it('carries the request id that the client gets', async () => {
    const kept = await ask(gateway.port, 'GET', '/posts', {
      headers: { 'x-request-id': 'request-0001', ...bearer(token) },
    });
    expect(kept.headers['x-request-id']).toBe('request-0001');
    expect(lastRequest().headers['x-request-id']).toBe('request-0001');
    const made = await ask(gateway.port, 'GET', '/posts', {
      headers: { 'x-request-id': 'a b<c', ...bearer(token) },
    });
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(lastRequest().headers['x-request-id']).toBe(made.headers['x-request-id']);
  });

  it('carries a body with a Content-Length, or neither', async () => {
    await askJson(gateway.port, 'POST', '/posts', { title: 'a' }, bearer(token));
    expect(lastRequest().headers).toMatchObject({ 'content-length': '13' });
    expect(lastRequest().headers).not.toHaveProperty('transfer-encoding');
    for (const [method, path] of [
      ['GET', '/posts'],
      ['DELETE', '/posts/7'],
    ] as const) {
      await ask(gateway.port, method, path, { headers: bearer(token) });
      expect(lastRequest().headers).not.toHaveProperty('content-length');
      expect(lastRequest().headers).not.toHaveProperty('transfer-encoding');
    }
  });
});

describe('an answer to the client', () => {
  it("carries the service's headers", async () => {
    const passed = {
      location: '/posts/7',
      etag: '"7-1"',
      link: '</feed?cursor=x>; rel="next"',
      'www-authenticate': 'Bearer realm="agora", error="invalid_token"',
      'retry-after': '7',
      'cache-control': 'public, max-age=300',
      'consistency-token': 'c2',
      'idempotency-replayed': 'true',
      vary: 'Accept',
      'content-type': 'application/problem+json',
    };
    upstream.answer = (_request, response) => response.writeHead(401, 'Oh No', passed).end('{}');
    const answer = await ask(gateway.port, 'GET', '/posts', { headers: bearer(token) });
    expect(answer).toMatchObject({ status: 401, text: '{}', headers: passed });
  });

  it("is a 304 like the service's, with its tag and without a body", async () => {
    upstream.answer = (_request, response) => response.writeHead(304, { etag: '"7-1"' }).end();
    const headers = { ...bearer(token), 'if-none-match': '"7-1"' };
    const answer = await ask(gateway.port, 'GET', '/posts/7', { headers });
    expect(answer).toMatchObject({ status: 304, text: '', headers: { etag: '"7-1"' } });
    expect(answer.headers['cache-control']).toBe('private, no-store');
    for (const name of ['content-length', 'content-type', 'transfer-encoding'])
      expect(answer.headers).not.toHaveProperty(name);
  });

  it('carries nothing about the connection to the service or its software, and no duplicates', async () => {
    upstream.answer = (_request, response) => {
      response.writeHead(200, {
        server: 'secret/1.0',
        'x-powered-by': 'Secret',
        'x-request-id': 'other-request',
        'x-frame-options': 'ALLOWALL',
        'content-security-policy': 'default-src *',
        'proxy-authenticate': 'Basic',
        connection: 'keep-alive, x-hop',
        'keep-alive': 'timeout=1',
        'x-hop': '1',
        trailer: 'x-late',
        upgrade: 'h2c',
      });
      response.end('ok');
    };
    const answer = await ask(gateway.port, 'GET', '/posts', { headers: bearer(token) });
    const dropped = ['server', 'x-powered-by', 'proxy-authenticate', 'x-hop', 'trailer', 'upgrade'];
    for (const name of dropped) expect(answer.headers).not.toHaveProperty(name);
    expect(answer.headers).toMatchObject({
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, no-store',
    });
    const names = namesOf(answer.rawHeaders);
    expect(names).toEqual([...new Set(names)]);
    expect(answer.headers['x-request-id']).not.toBe('other-request');
  });

  it.each([204, 304])('has no body with status %i', async (status) => {
    upstream.answer = (_request, response) => response.writeHead(status, { etag: '"1"' }).end();
    const answer = await ask(gateway.port, 'GET', '/posts/7', {
      headers: { 'if-none-match': '"1"', ...bearer(token) },
    });
    expect(answer).toMatchObject({ status, text: '', headers: { etag: '"1"' } });
  });

  it('carries several cookies separately', async () => {
    upstream.answer = (_request, response) => response.setHeader('set-cookie', ['a=1', 'b=2']).end();
    const answer = await ask(gateway.port, 'GET', '/posts', { headers: bearer(token) });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });
});

describe('a deprecated route', () => {
  const route = routes.find(({ method, path }) => method === 'GET' && path === '/vote');
  afterAll(() => void delete route?.deprecated);

  it("announces its deprecation, removal and replacement, and keeps the service's links", async () => {
    const instead = 'https://agora.example/changes';
    if (route) route.deprecated = { since: '2026-12-01', until: '2027-06-01', instead };
    upstream.answer = (_, response) => response.setHeader('Link', '</vote?page=2>; rel="next"').end('{}');
    const headers = { authorization: `Bearer ${token}` };
    const answer = await ask(gateway.port, 'GET', '/vote?post_ids=1', { headers });
    expect(answer.headers).toMatchObject({
      deprecation: '@1796083200',
      sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
      link: `<${instead}>; rel="deprecation", </vote?page=2>; rel="next"`,
    });
    const refused = await ask(gateway.port, 'GET', '/vote');
    expect(refused).toMatchObject({ status: 401, headers: { deprecation: '@1796083200' } });
  });
});
