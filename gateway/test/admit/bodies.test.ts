import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bodyLimit } from '@agora/http/body';
import { bearer, signToken } from '../access-token.js';
import { ask, askJson } from '../ask.js';
import { readAnswer, sendRaw } from '../raw-http.js';
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
const json = { 'content-type': 'application/json', ...bearer(token) };
const head = (framing: string) =>
  `POST /posts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;
const chunked = head('Transfer-Encoding: chunked');
const chunk = (size: number) => `${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`;

describe('a content type that the route does not read is 415', () => {
  const cases: [string, string, Record<string, string>][] = [
    ['none for JSON', '/posts', {}],
    ['text for JSON', '/posts', { 'content-type': 'text/plain' }],
    ['a form for JSON', '/vote', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['JSON for a form', '/login', { 'content-type': 'application/json' }],
    ['multipart where it is no login', '/refresh', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['another charset', '/posts', { 'content-type': 'application/json; charset=utf-16' }],
    ['a compressed body', '/posts', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ];
  it.each(cases)('%s', async (_name, path, headers) => {
    const answer = await ask(gateway.port, 'POST', path, {
      headers: { ...bearer(token), ...headers, 'content-length': '1' },
      body: 'x',
    });
    expect(answer.status).toBe(415);
    expect(answer.json()).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    expect(upstream.requests).toEqual([]);
  });

  it('accepts a login as a multipart form of at most 4 KiB', async () => {
    const login = (body: string) =>
      ask(gateway.port, 'POST', '/login', {
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        body,
      });
    expect((await login('a'.repeat(4_096))).status).toBe(200);
    expect(upstream.requests).toMatchObject([
      { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: 'a'.repeat(4_096) },
    ]);
    expect((await login('a'.repeat(4_097))).status).toBe(413);
  });

  it('is refused before its size is checked', async () => {
    const answer = await sendRaw(
      gateway.port,
      head(`Content-Length: ${bodyLimit + 1}`).replace('application/json', 'text/css'),
    );
    expect(answer.status).toBe(415);
  });
});

describe('a body of exactly the maximum size is passed on', () => {
  const body = 'a'.repeat(bodyLimit);

  it('with a Content-Length', async () => {
    await ask(gateway.port, 'POST', '/posts', {
      headers: { ...json, 'content-length': String(bodyLimit) },
      body,
    });
    expect(upstream.requests).toMatchObject([{ headers: { 'content-length': String(bodyLimit) }, body }]);
  });

  it('in chunks, and is passed on with a Content-Length', async () => {
    const answer = await ask(gateway.port, 'POST', '/posts', {
      headers: { ...json, 'transfer-encoding': 'chunked' },
      body,
    });
    expect(answer.status).toBe(200);
    expect(upstream.requests).toMatchObject([{ headers: { 'content-length': String(bodyLimit) }, body }]);
    expect(upstream.requests[0]?.headers).not.toHaveProperty('transfer-encoding');
  });
});

describe('a body over the maximum size is 413, and no service receives the request', () => {
  const tooLarge = { status: 413, body: expect.stringContaining('"code":"body_too_large"') };

  it('with a Content-Length, before it is sent', async () => {
    await expect(sendRaw(gateway.port, head(`Content-Length: ${bodyLimit + 1}`))).resolves.toMatchObject(
      tooLarge,
    );
    expect(upstream.requests).toEqual([]);
  });

  it('in chunks that arrive at once', async () => {
    const bytes = `${chunked}${chunk(bodyLimit)}${chunk(1)}0\r\n\r\n`;
    await expect(sendRaw(gateway.port, bytes)).resolves.toMatchObject(tooLarge);
    expect(upstream.requests).toEqual([]);
  });

  it('in an endless sequence of chunks', async () => {
    const bytes = chunked + chunk(64 * 1024).repeat(64);
    await expect(sendRaw(gateway.port, bytes)).resolves.toMatchObject(tooLarge);
    expect(upstream.requests).toEqual([]);
  });

  it('in chunks that arrive slowly, as soon as the limit is exceeded', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const answered = readAnswer(socket);
    socket.write(chunked);
    for (let sent = 0; sent <= bodyLimit; sent += 32 * 1024) {
      socket.write(chunk(32 * 1024));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(answered).resolves.toMatchObject(tooLarge);
    socket.destroy();
    expect(upstream.requests).toEqual([]);
  });

  it('closes the connection of a client that does not stop sending', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const answered = readAnswer(socket);
    socket.write(chunked + chunk(bodyLimit + 1));
    await expect(answered).resolves.toMatchObject(tooLarge);
    await once(socket, 'close');
  });

  it('keeps the connection of a client that stops sending', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    const refused = readAnswer(socket);
    socket.write(`${chunked}${chunk(8 * bodyLimit)}0\r\n\r\n`);
    await expect(refused).resolves.toMatchObject(tooLarge);
    const answered = readAnswer(socket);
    socket.write(`GET /health HTTP/1.1\r\nHost: a\r\n\r\n`);
    await expect(answered).resolves.toMatchObject({ status: 200 });
    socket.destroy();
  });
});

describe('a body that never arrives completely', () => {
  it('reaches no service when the client disconnects', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`${head('Content-Length: 100')}{"title":`);
    await once(socket, 'connect');
    socket.resetAndDestroy();
    await askJson(gateway.port, 'POST', '/vote', {}, bearer(token));
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/vote']);
  });

  it('is 400 when it is broken in the middle', async () => {
    const answer = await sendRaw(gateway.port, `${chunked}5\r\nabcde\r\nnonsense\r\n`);
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringContaining('"code":"malformed_request"'),
    });
    expect(upstream.requests).toEqual([]);
  });
});

it('does not pass on a body that the endpoint does not read', async () => {
  const answer = await sendRaw(
    gateway.port,
    head('Content-Length: 0').replace('POST /posts', 'DELETE /posts/7'),
  );
  expect(answer.status).toBe(200);
  expect(upstream.requests).toMatchObject([{ method: 'DELETE', body: '' }]);
  expect(upstream.requests[0]?.headers).not.toHaveProperty('content-length');
});
