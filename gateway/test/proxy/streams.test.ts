import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bearer, signToken } from '../access-token.js';
import { ask } from '../ask.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';
import { startUpstream, type FakeUpstream } from '../start-upstream.js';

let upstream: FakeUpstream;
let gateway: RunningGateway;
let opened: ServerResponse[];

const pauseMilliseconds = 200;

beforeEach(async () => {
  upstream = await startUpstream();
  opened = [];
  upstream.answer = (_request, response) => {
    opened.push(response);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': hello\n\n');
  };
  gateway = await startGatewayTo(upstream.origin, {
    timeoutMilliseconds: pauseMilliseconds,
    maxInFlight: 1,
    streamBounds: { perUser: 2, perAddress: 3, total: 3 },
  });
});
afterEach(async () => {
  await gateway.stop();
  await upstream.stop();
});

const openStream = (user = '7', address = ''): Promise<IncomingMessage> =>
  openWith({ ...bearer(signToken({ sub: user })), ...(address && { 'x-forwarded-for': address }) });

async function openWith(headers: Record<string, string>, query = ''): Promise<IncomingMessage> {
  const outgoing = request({ port: gateway.port, path: `/feed/stream${query}`, headers, agent: false }).end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  answer.setEncoding('utf8');
  return answer;
}

const chunkOf = async (answer: IncomingMessage): Promise<unknown> =>
  ((await once(answer, 'data')) as unknown[])[0];

it('passes each event on as it arrives, however often the stream pauses', async () => {
  const answer = await openStream();
  expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  expect(await chunkOf(answer)).toBe(': hello\n\n');
  await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds * 2));
  opened[0]?.write('data: later\n\n');
  expect(await chunkOf(answer)).toBe('data: later\n\n');
  opened[0]?.end();
  await once(answer, 'end');
  expect(answer.complete).toBe(true);
});

it('counts streams separately from requests', async () => {
  await Promise.all([openStream(), openStream()]);
  upstream.answer = (_request, response) => response.end('an answer');
  expect((await ask(gateway.port, 'GET', '/posts', { headers: bearer() })).text).toBe('an answer');
});

describe('beyond a bound, the oldest stream of the client with the most streams ends as a complete answer', () => {
  const isOver = async (answer: IncomingMessage) => {
    answer.resume();
    await once(answer, 'end');
    return answer.complete;
  };

  it('of one user', async () => {
    const [first, second] = [await openStream(), await openStream()];
    const third = await openStream();
    expect(await isOver(first)).toBe(true);
    opened[2]?.write('data: later\n\n');
    await chunkOf(third);
    expect(second.readableEnded).toBe(false);
  });

  it('of one address', async () => {
    await gateway.stop();
    gateway = await startGatewayTo(upstream.origin, {
      streamBounds: { perUser: 2, perAddress: 3, total: 10 },
    });
    const [ofSeven, , ofEight] = [await openStream('7'), await openStream('7'), await openStream('8')];
    await openStream('9');
    expect(await isOver(ofSeven)).toBe(true);
    expect(ofEight.readableEnded).toBe(false);
  });

  it('of the address with the most streams', async () => {
    await gateway.stop();
    gateway = await startGatewayTo(upstream.origin, {
      streamBounds: { perUser: 2, perAddress: 10, total: 3 },
      trustedProxyHops: 1,
    });
    const alone = await openStream('6', '192.0.2.6');
    const [oldest, next] = [await openStream('7', '192.0.2.7'), await openStream('8', '192.0.2.7')];
    await openStream('9', '192.0.2.9');
    expect(await isOver(oldest)).toBe(true);
    expect([alone.readableEnded, next.readableEnded]).toEqual([false, false]);
  });

  it('of a user whom only posts can identify, by a ticket', async () => {
    upstream.answer = (_request, response) => {
      opened.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream', 'agora-stream-user': '7' });
      response.write(': hello\n\n');
    };
    const first = await openWith({}, '?ticket=one');
    await openWith({}, '?ticket=two');
    const third = await openWith({}, '?ticket=three');
    expect(await isOver(first)).toBe(true);
    expect(third.headers).not.toHaveProperty('agora-stream-user');
  });
});

describe('a ticket', () => {
  it('is accepted in place of a token for a stream, and nowhere else', async () => {
    await openWith({}, '?ticket=abc');
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/feed/stream?ticket=abc']);
    for (const path of ['/feed?ticket=abc', '/posts?ticket=abc', '/feed/stream', '/feed/stream?x=ticket=abc'])
      expect((await ask(gateway.port, 'GET', path)).status).toBe(401);
  });

  it('does not replace a bad token', async () => {
    const answer = await ask(gateway.port, 'GET', '/feed/stream?ticket=abc', { headers: bearer('nonsense') });
    expect(answer.status).toBe(401);
  });
});

it('ends streams at once as complete answers when it is stopped', async () => {
  const answer = await openStream();
  await chunkOf(answer);
  const writing = setInterval(() => opened[0]?.write('data: more\n\n'), 1);
  answer.resume();
  const stopped = gateway.stop();
  await once(answer, 'end');
  expect(answer.complete).toBe(true);
  await stopped;
  clearInterval(writing);
});
