import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { bearer } from '../access-token.js';
import { ask } from '../ask.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';
import { startUpstream, type FakeUpstream } from '../start-upstream.js';

let upstream: FakeUpstream;
let open: RunningGateway;
let closed: RunningGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  [open, closed] = [
    await startGatewayTo(upstream.origin, { publicReads: true }),
    await startGatewayTo(upstream.origin),
  ];
});
afterAll(async () => {
  await open.stop();
  await closed.stop();
  await upstream.stop();
});

const statusOf = async ({ port }: RunningGateway, method: string, path: string, headers = {}) =>
  (await ask(port, method, path, { headers })).status;

it.each(['/feed', '/feed/stream', '/posts/7', '/users/7'])(
  'with PUBLIC_READS %s needs no token',
  async (path) => {
    expect(await statusOf(open, 'GET', path)).toBe(200);
    expect(await statusOf(open, 'HEAD', path)).toBe(200);
    expect(await statusOf(closed, 'GET', path)).toBe(401);
  },
);

it('verifies a token that is sent anyway', async () => {
  expect(await statusOf(open, 'GET', '/feed', bearer())).toBe(200);
  expect(await statusOf(open, 'GET', '/feed', bearer('nonsense'))).toBe(401);
  expect(await statusOf(open, 'GET', '/feed', { authorization: 'Basic YTpi' })).toBe(401);
});

it.each([
  ['GET', '/posts'],
  ['GET', '/users/me'],
  ['GET', '/sessions'],
  ['GET', '/vote?post_ids=1'],
  ['POST', '/posts'],
  ['DELETE', '/posts/7'],
])('and %s %s needs one still', async (method, path) => {
  expect(await statusOf(open, method, path)).toBe(401);
});

it('counts reads without a token by address', async () => {
  const { headers } = await ask(open.port, 'GET', '/feed?limit=50');
  expect(headers['ratelimit-policy']).toMatch(/^"address"/);
});
