import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { routes } from '../../src/routes.js';
import { bearer, signToken } from '../access-token.js';
import { ask, askJson } from '../ask.js';
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

const now = Math.floor(Date.now() / 1000);
const good = signToken();
const expired = signToken({ iat: now - 900, exp: now - 60 });

describe('a route for users is 401 without a token, before the body is read', () => {
  const forUsers = routes.filter(({ access }) => access === 'user');
  it.each(forUsers.map(({ method, path }) => [method, path] as const))('%s %s', async (method, path) => {
    const headers =
      method === 'POST' || method === 'PUT' ? { 'content-type': 'text/nonsense', 'content-length': '1' } : {};
    const body = 'content-length' in headers ? 'x' : undefined;
    const answer = await ask(gateway.port, method, path.replace(':id', '7'), {
      headers,
      ...(body && { body }),
    });
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="agora"' } });
    expect(answer.json()).toMatchObject({ status: 401, code: 'token_missing' });
    expect(upstream.requests).toEqual([]);
  });
});

describe('only a Bearer token in the Authorization header counts', () => {
  const cases: [string, string, Record<string, string>][] = [
    ['another scheme', '/posts', { authorization: 'Basic YTpi' }],
    ['a scheme alone', '/posts', { authorization: 'Bearer' }],
    ['an empty header', '/posts', { authorization: '' }],
    ['a token without a scheme', '/posts', { authorization: good }],
    ['a token in the query', `/posts?access_token=${good}`, {}],
    ['a token in a cookie', '/posts', { cookie: `access_token=${good}` }],
    [
      'a token in another header',
      '/posts',
      { 'x-access-token': good, 'proxy-authorization': `Bearer ${good}` },
    ],
  ];
  it.each(cases)('%s', async (_name, path, headers) => {
    const answer = await ask(gateway.port, 'GET', path, { headers });
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="agora"' } });
    expect(upstream.requests).toEqual([]);
  });

  it('ignores a token in a form', async () => {
    const body = `access_token=${good}`;
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
    };
    const answer = await ask(gateway.port, 'POST', '/vote', { headers, body });
    expect(answer.status).toBe(401);
  });
});

describe('a bad token is 401 invalid_token', () => {
  const cases: [string, string][] = [
    ['expired', expired],
    ['signed by somebody else', signToken({}, 'another-key-another-key-another-key')],
    ['for another audience', signToken({ aud: 'other' })],
    ['from another issuer', signToken({ iss: 'other' })],
    ['of nobody', signToken({ sub: undefined })],
    ['without an end', signToken({ exp: undefined })],
    ['no token at all', 'nonsense'],
    ['followed by something', `${good} ${good}`],
    ['a broken signature', `${good.slice(0, -4)}AAAA`],
    ['too long', signToken({ padding: 'x'.repeat(5_000) })],
  ];
  it.each(cases)('%s', async (_name, token) => {
    const answer = await ask(gateway.port, 'GET', '/posts', { headers: bearer(token) });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="agora", error="invalid_token"' },
    });
    expect(answer.json()).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(upstream.requests).toEqual([]);
  });
});

it.each(['Bearer', 'bearer', 'BEARER'])('reads the scheme %s', async (scheme) => {
  const answer = await ask(gateway.port, 'GET', '/posts', {
    headers: { authorization: `${scheme} ${good}` },
  });
  expect(answer.status).toBe(200);
});

it('passes the token on, for the service to verify it again', async () => {
  await ask(gateway.port, 'GET', '/posts', { headers: bearer(good) });
  expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${good}`);
});

it('ignores a bad token where anyone may call', async () => {
  const answer = await askJson(gateway.port, 'POST', '/users', { email: 'a@b.c' }, bearer(expired));
  expect(answer.status).toBe(200);
});

it('answers 404 and 405 before it checks the token', async () => {
  const statuses = await Promise.all([
    ask(gateway.port, 'GET', '/nowhere').then(({ status }) => status),
    ask(gateway.port, 'PATCH', '/posts').then(({ status }) => status),
  ]);
  expect(statuses).toEqual([404, 405]);
});
