import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
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
    streamBounds: { perUser: 2, total: 3 },
  });
});
afterEach(async () => {
  await gateway.stop();
  await upstream.stop();
});

async function openStream(user = '7'): Promise<IncomingMessage> {
  const headers = bearer(signToken({ sub: user }));
  const outgoing = request({ port: gateway.port, path: '/feed/stream', headers, agent: false }).end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  answer.setEncoding('utf8');
  return answer;
}

const chunkOf = async (answer: IncomingMessage): Promise<unknown> =>
  ((await once(answer, 'data')) as unknown[])[0];

it('passes each event on as it comes, as often as it pauses', async () => {
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

it('counts streams by themselves: not as requests, but by user and in all', async () => {
  await Promise.all([openStream(), openStream()]);
  const refusals = async (user: string) => {
    const answer = await ask(gateway.port, 'GET', '/feed/stream', {
      headers: bearer(signToken({ sub: user })),
    });
    return [answer.status, answer.json().code, Number(answer.headers['retry-after']) > 0];
  };
  expect(await refusals('7')).toEqual([429, 'too_many_streams', true]);
  const other = await openStream('8');
  expect(await refusals('9')).toEqual([503, 'unavailable', true]);
  upstream.answer = (_request, response) => response.end('an answer');
  expect((await ask(gateway.port, 'GET', '/posts', { headers: bearer() })).text).toBe('an answer');
  other.destroy();
  const [, , third] = opened;
  if (third && !third.closed) await once(third, 'close');
  expect(
    (await ask(gateway.port, 'GET', '/feed/stream', { headers: bearer(signToken({ sub: '9' })) })).status,
  ).toBe(200);
});

it('ends streams at once when it is told to stop, as whole answers', async () => {
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
