import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@agora/testing';
import type { Rates } from '../../src/limits/policies.js';
import { bearer, signToken } from '../access-token.js';
import { ask, askJson, type Answer } from '../ask.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';
import { startUpstream, type FakeUpstream } from '../start-upstream.js';

let upstream: FakeUpstream;
let gateway: RunningGateway;

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.stop());
beforeEach(() => {
  upstream.requests.length = 0;
});
afterEach(() => gateway.stop());

const limitTo = async (rates: Partial<Rates>, trustedProxyHops = 0) => {
  gateway = await startGatewayTo(upstream.origin, { rates, trustedProxyHops });
};
const user = (id: number) => bearer(signToken({ sub: String(id) }));
const keys = (headers = {}) => ask(gateway.port, 'GET', '/.well-known/jwks.json', { headers });
const posts = (headers: Record<string, string>) => ask(gateway.port, 'GET', '/posts', { headers });
const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
const times = async (count: number, request: () => Promise<Answer>) => {
  const answers: Answer[] = [];
  while (answers.length < count) answers.push(await request());
  return answers;
};

describe('an anonymous request', () => {
  it('is told what remains for its address', async () => {
    await limitTo({ address: { limit: 5, seconds: 60 } });
    const answers = await times(2, keys);
    expect(answers.map(({ headers }) => headers['ratelimit-policy'])).toEqual(
      Array(2).fill('"address";q=5;w=60'),
    );
    expect(answers.map(({ headers }) => headers['ratelimit'])).toEqual([
      expect.stringMatching(/^"address";r=4;t=60$/),
      expect.stringMatching(/^"address";r=3;t=(60|59)$/),
    ]);
  });

  it('is 429 beyond the limit, with the time to wait, and reaches no service', async () => {
    await limitTo({ address: { limit: 2, seconds: 60 } });
    const answers = await times(3, keys);
    expect(statuses(answers)).toEqual([200, 200, 429]);
    const { headers } = answers[2] ?? {};
    expect(answers[2]?.json()).toMatchObject({
      status: 429,
      code: 'rate_limited',
      detail: expect.any(String),
    });
    expect(headers?.['content-type']).toContain('application/problem+json');
    expect(headers?.['retry-after']).toMatch(/^(60|59)$/);
    expect(headers?.['ratelimit']).toBe(`"address";r=0;t=${headers?.['retry-after']}`);
    expect(headers?.['ratelimit-policy']).toBe('"address";q=2;w=60');
    expect(headers?.['x-content-type-options']).toBe('nosniff');
    expect(upstream.requests).toHaveLength(2);
  });

  it('is accepted again when the period is over', async () => {
    await limitTo({ address: { limit: 1, seconds: 1 } });
    const [, refused] = await times(2, keys);
    expect([refused?.status, refused?.headers['retry-after']]).toEqual([429, '1']);
    await eventually(async () => expect((await keys()).status).toBe(200), 2_000);
  });

  it.each([
    ['login', 'POST', '/login', 'application/x-www-form-urlencoded'],
    ['registration', 'POST', '/users', 'application/json'],
  ] as const)('has a limit of its own for %s', async (policy, method, path, type) => {
    await limitTo({ [policy]: { limit: 1, seconds: 60 } });
    const send = () =>
      ask(gateway.port, method, path, {
        headers: { 'content-type': type, 'content-length': '2' },
        body: '{}',
      });
    const answers = await times(2, send);
    expect(statuses(answers)).toEqual([200, 429]);
    expect(answers[0]?.headers['ratelimit-policy']).toBe(`"address";q=1000000;w=60, "${policy}";q=1;w=60`);
    expect(answers[0]?.headers['ratelimit']).toMatch(
      new RegExp(`^"address";r=999999;t=60, "${policy}";r=0;t=60$`),
    );
    expect((await keys()).status).toBe(200);
  });

  it('is never refused at the health endpoint', async () => {
    await limitTo({ address: { limit: 1, seconds: 60 } });
    const answers = await times(3, () => ask(gateway.port, 'GET', '/health'));
    expect(statuses(answers)).toEqual([200, 200, 200]);
    expect(answers[0]?.headers).not.toHaveProperty('ratelimit');
  });
});

describe('a request with a token', () => {
  it('is counted by its user alone', async () => {
    await limitTo({ user: { limit: 2, seconds: 60 }, address: { limit: 1, seconds: 60 } });
    expect(statuses(await times(3, () => posts(user(7))))).toEqual([200, 200, 429]);
    const other = await posts(user(8));
    expect(other.status).toBe(200);
    expect(other.headers['ratelimit-policy']).toBe('"user";q=2;w=60');
    expect((await keys()).status).toBe(200);
  });

  it('has a stricter limit when it writes', async () => {
    await limitTo({ writes: { limit: 1, seconds: 60 } });
    const write = () => askJson(gateway.port, 'POST', '/vote', {}, user(7));
    const answers = await times(2, write);
    expect(statuses(answers)).toEqual([200, 429]);
    expect(answers[1]?.headers['ratelimit-policy']).toBe('"user";q=1000000;w=60, "writes";q=1;w=60');
    expect((await posts(user(7))).status).toBe(200);
  });

  it.each([
    ['/feed?limit=100', 10],
    ['/feed?search=a&limit=35', 4],
    ['/posts?limit=999999999', 10],
    ['/posts?limit=5', 1],
    ['/posts', 1],
    ['/feed/stream', 5],
  ])('counts %s as %d: what it costs', async (path, cost) => {
    await limitTo({ user: { limit: 100, seconds: 60 } });
    const answer = await ask(gateway.port, 'GET', path, { headers: user(7) });
    expect(answer.headers['ratelimit']).toMatch(new RegExp(`^"user";r=${100 - cost};`));
  });

  it('is also counted by its weight when it hashes passwords or gets large answers', async () => {
    await limitTo({ user: { limit: 100, seconds: 60 } });
    const left = async () => /r=(\d+)/.exec((await posts(user(7))).headers['ratelimit'] as string)?.[1];
    await askJson(gateway.port, 'PUT', '/users/me/password', {}, user(7));
    expect(await left()).toBe('74');
    const { answer } = upstream;
    upstream.answer = (_request, response) =>
      response.writeHead(200, { 'content-length': 655_360 }).end('a'.repeat(655_360));
    await posts(user(7));
    upstream.answer = answer;
    await eventually(async () => expect(Number(await left())).toBeLessThan(70));
  });

  it('is counted by its address when the token is bad', async () => {
    await limitTo({ address: { limit: 2, seconds: 60 } });
    expect(statuses(await times(3, () => posts(bearer('nonsense'))))).toEqual([401, 401, 429]);
    expect((await posts(user(7))).status).toBe(200);
  });
});

describe('a limit is checked', () => {
  it('after framing, path and method, whose refusals are not counted', async () => {
    await limitTo({ address: { limit: 1, seconds: 60 } });
    const refusals = [
      await ask(gateway.port, 'GET', '/nowhere'),
      await ask(gateway.port, 'PATCH', '/login'),
      await ask(gateway.port, 'GET', '//'),
    ];
    expect(statuses(refusals)).toEqual([404, 405, 400]);
    for (const { headers } of refusals) expect(headers).not.toHaveProperty('ratelimit');
    expect((await keys()).status).toBe(200);
  });

  it('before content type and size', async () => {
    await limitTo({ user: { limit: 1, seconds: 60 } });
    const headers = { ...user(7), 'content-type': 'text/plain', 'content-length': '1' };
    const answers = await times(2, () => ask(gateway.port, 'POST', '/posts', { headers, body: 'x' }));
    expect(statuses(answers)).toEqual([415, 429]);
    expect(answers[0]?.headers['ratelimit']).toContain('"user";r=0');
  });
});

describe('the address of a client', () => {
  const from = (forwarded: string) => keys({ 'x-forwarded-for': forwarded });
  const seen = () => upstream.requests.at(-1)?.headers['x-forwarded-for'];

  it("is the socket's, whatever X-Forwarded-For says, unless a proxy is trusted", async () => {
    await limitTo({ address: { limit: 1, seconds: 60 } });
    expect([(await from('192.0.2.1')).status, (await from('192.0.2.2')).status]).toEqual([200, 429]);
    expect(seen()).toBe('127.0.0.1');
  });

  it('is what the outermost trusted proxy wrote, not what the client sent', async () => {
    await limitTo({ address: { limit: 1, seconds: 60 } }, 2);
    expect((await from('6.6.6.6, 192.0.2.1, 10.0.0.1')).status).toBe(200);
    expect(seen()).toBe('192.0.2.1');
    expect((await from('7.7.7.7, 192.0.2.1, 10.0.0.1')).status).toBe(429);
    expect((await from('6.6.6.6, 192.0.2.2, 10.0.0.1')).status).toBe(200);
  });

  it.each([
    ['203.0.113.9:5555', '203.0.113.9'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('is read from %j, as Azure and AWS write it', async (forwarded, address) => {
    await limitTo({}, 1);
    await from(forwarded);
    expect(seen()).toBe(address);
  });

  it.each([
    ['for=203.0.113.9', '203.0.113.9'],
    ['for=192.0.2.1;proto=http, proto=https;For="203.0.113.9:5555";by=10.0.0.1', '203.0.113.9'],
    ['for=192.0.2.1, for="[2001:db8::1]:443"', '2001:db8::1'],
    // A quote that the client left open must not hide what the proxy wrote.
    ['for="192.0.2.1, for=203.0.113.9', '203.0.113.9'],
    ['for=unknown', '127.0.0.1'],
    ['for=_hidden, for=_secret', '127.0.0.1'],
  ])('is read from Forwarded: %s', async (forwarded, address) => {
    await limitTo({}, 1);
    await keys({ forwarded });
    expect(seen()).toBe(address);
  });

  it('comes from X-Forwarded-For even when a proxy passes on a Forwarded header of the client', async () => {
    await limitTo({}, 1);
    await keys({ forwarded: 'for=6.6.6.6', 'x-forwarded-for': '203.0.113.9' });
    expect(seen()).toBe('203.0.113.9');
  });

  it.each(['', 'unknown', 'x:80, 10.0.0.1', '10.0.0.1'])(
    "is the socket's when the proxies wrote %j",
    async (forwarded) => {
      await limitTo({}, 2);
      await from(forwarded);
      expect(seen()).toBe('127.0.0.1');
    },
  );

  it('counts as its /64, or as the IPv4 address that is mapped into it', async () => {
    await limitTo({ address: { limit: 1, seconds: 60 } }, 1);
    expect((await from('2001:db8:1:2::1')).status).toBe(200);
    expect((await from('2001:db8:1:2:ffff::9')).status).toBe(429);
    expect((await from('2001:db8:1:3::1')).status).toBe(200);
    expect((await from('::ffff:192.0.2.9')).status).toBe(200);
    expect(seen()).toBe('192.0.2.9');
    expect((await from('192.0.2.9')).status).toBe(429);
  });
});
