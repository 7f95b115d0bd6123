import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signToken } from '../access-token.js';
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

const token = `Authorization: Bearer ${signToken()}\r\n`;
const head = (line: string, headers = '') => `${line} HTTP/1.1\r\nHost: agora\r\n${token}${headers}\r\n`;

/** Refused by the gateway, as a problem, and no service heard of it. */
async function expectRefused(bytes: string | Buffer, status: number): Promise<void> {
  const answer = await sendRaw(gateway.port, bytes);
  expect(answer).toMatchObject({ status, body: expect.stringContaining(`"status":${status}`) });
  expect(answer.headers).toContain('x-content-type-options: nosniff');
  expect(answer.headers.filter((line) => line.startsWith('x-request-id:'))).toHaveLength(1);
  expect(upstream.requests).toEqual([]);
}

it('passes on a well-formed request', async () => {
  await expect(sendRaw(gateway.port, head('GET /posts/7'))).resolves.toMatchObject({ status: 200 });
  expect(upstream.requests).toHaveLength(1);
});

describe('an ambiguous path is 400', () => {
  it.each([
    '//posts',
    '//internal/posts',
    '/posts//7',
    '/posts//',
    '//',
    '/posts/./7',
    '/posts/.',
    '/posts/..',
    '/posts/../internal/posts',
    '/posts/%2e%2e/internal',
    '/posts/%37',
    '/%70osts',
    '/posts%00',
    '/posts\\7',
    '/\\posts',
    '/posts/7;x=1',
    '/posts#top',
    '/posts/7?a=1#top',
    'http://evil.example/posts',
    'http://agora.evil.example/posts',
    'http://agora@evil.example/posts',
    'http://evil.example@agora/posts',
    'http://agora//posts',
    'http://agora/posts/../internal',
    'ftp://agora/posts',
    'http://[x/',
    '/posts/\xe9',
    '/posts?search=\xe9',
    '/posts?\x7f',
  ])('GET %j', async (target) => {
    await expectRefused(head(`GET ${target}`), 400);
  });

  it.each(['OPTIONS *', 'GET *', 'GET posts', 'GET agora:80', 'GET '])('%j', async (line) => {
    await expectRefused(head(line), 400);
  });
});

describe('a path that cannot exist is 404', () => {
  it.each([
    '/Posts',
    '/POSTS',
    '/posts/7/comments',
    '/posts/A',
    '/posts/7,8',
    '/posts/~',
    '/posts/:id',
    '/posts/7+1',
    '/post',
    '/posts2',
    '/users/7/x',
    '/internal',
    '/internal/posts',
    '/internal/users/7',
    '/metrics',
    '/healthz',
    '/readyz',
    '/metrics/',
    '/posts/internal/7',
    '/.well-known',
    '/.well-known/openid-configuration',
    '/favicon.ico',
    '/__proto__',
    '/constructor',
  ])('GET %j', async (target) => {
    await expectRefused(head(`GET ${target}`), 404);
  });
});

describe('framing that two parsers could read differently is 400', () => {
  const cases: Record<string, string> = {
    'two Host headers': head('GET /posts', 'Host: other\r\n'),
    'two equal Host headers': head('GET /posts', 'Host: agora\r\n'),
    'no Host header': `GET /posts HTTP/1.1\r\n${token}\r\n`,
    'an empty Host header': `GET /posts HTTP/1.1\r\nHost:\r\n${token}\r\n`,
    'two Authorization headers': head('GET /posts', token),
    'two Idempotency-Key headers': head('POST /posts', 'Idempotency-Key: a\r\nIdempotency-Key: b\r\n'),
    'two Consistency-Token headers': head('GET /posts', 'Consistency-Token: a\r\n'.repeat(2)),
    'two Content-Type headers':
      head(
        'POST /vote',
        'Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n',
      ) + '{}',
    'two Content-Length headers': head('POST /vote', 'Content-Length: 2\r\nContent-Length: 3\r\n') + '{}',
    'a list of lengths': head('POST /vote', 'Content-Length: 2, 2\r\n') + '{}',
    'a signed length': head('POST /vote', 'Content-Length: +2\r\n') + '{}',
    'length and chunked':
      head('POST /vote', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n') + '0\r\n\r\n',
    'an unknown coding': head('POST /vote', 'Transfer-Encoding: xchunked\r\n') + '0\r\n\r\n',
    'gzip before chunked': head('POST /vote', 'Transfer-Encoding: gzip, chunked\r\n') + '0\r\n\r\n',
    'chunked twice':
      head('POST /vote', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n') + '0\r\n\r\n',
    'chunked in HTTP/1.0': `POST /vote HTTP/1.0\r\nHost: agora\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a space before the colon': head('GET /posts', 'Content-Length : 0\r\n'),
    'a folded header': head('GET /posts', 'X-A: 1\r\n  2\r\n'),
    'a bare line feed': `GET /posts HTTP/1.1\nHost: agora\n\n`,
    'a NUL in a header': head('GET /posts', 'X-A: \0\r\n'),
    'no version': 'GET /posts\r\n\r\n',
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'an unknown method': head('FROB /posts'),
    'a method in lower case': head('get /posts'),
    TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    await expectRefused(cases[name] ?? '', 400);
  });

  it.each(['POST /users', 'GET /posts', 'GET /health'])(
    'names the error of OAuth for two Authorization headers of %s',
    async (line) => {
      const { headers, body } = await sendRaw(gateway.port, head(line, token));
      expect(headers).toContain('www-authenticate: bearer realm="agora", error="invalid_request"');
      expect(JSON.parse(body)).toMatchObject({ status: 400, code: 'malformed_request' });
    },
  );

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('%s with a body', async (method) => {
    const length = await sendRaw(gateway.port, head(`${method} /posts/7`, 'Content-Length: 3\r\n') + 'abc');
    const chunked = await sendRaw(
      gateway.port,
      head(`${method} /posts/7`, 'Transfer-Encoding: chunked\r\n') + '0\r\n\r\n',
    );
    expect([length.status, chunked.status]).toEqual([400, 400]);
    expect(upstream.requests).toEqual([]);
  });

  it('accepts a length of zero as no body', async () => {
    const answer = await sendRaw(gateway.port, head('DELETE /posts/7', 'Content-Length: 0\r\n'));
    expect(answer.status).toBe(200);
  });

  it('accepts HTTP/1.0, with and without a Host', async () => {
    const named = await sendRaw(gateway.port, `GET /health HTTP/1.0\r\nHost: agora\r\n\r\n`);
    // As HAProxy's `option httpchk` asks.
    const nameless = await sendRaw(gateway.port, `GET /health HTTP/1.0\r\n\r\n`);
    expect([named.status, nameless.status]).toEqual([200, 200]);
  });

  it.each(['http://agora/posts/7?a=1', 'HTTP://AGORA/posts/7?a=1'])(
    'but %s, which names our own host, is that path',
    async (target) => {
      await expect(sendRaw(gateway.port, head(`GET ${target}`))).resolves.toMatchObject({ status: 200 });
      expect(upstream.requests.map(({ url }) => url)).toEqual(['/posts/7?a=1']);
    },
  );

  it.each(['{}', ' { }\n'])('treats an empty object (%j) with DELETE as no body', async (body) => {
    const length = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const answer = await sendRaw(gateway.port, head('DELETE /posts/7', length) + body);
    expect(answer.status).toBe(200);
    expect(upstream.requests).toMatchObject([{ method: 'DELETE', body: '' }]);
  });

  it.each(['[]', '{"a":1}', '{', 'null', `{${' '.repeat(20)}}`])('%j with DELETE is 400', async (body) => {
    await expectRefused(head('DELETE /posts/7', `Content-Length: ${body.length}\r\n`) + body, 400);
  });
});

describe('limits', () => {
  it('refuses a path of more than 2 KiB with 400', async () => {
    await expectRefused(head(`GET /posts/${'7'.repeat(2048)}`), 400);
  });

  it('refuses a URL of more than 8 KiB with 400', async () => {
    await expectRefused(head(`GET /posts?search=${'a'.repeat(8192)}`), 400);
  });

  it('refuses more than 100 headers with 431', async () => {
    await expectRefused(head('GET /posts', 'X-A: 1\r\n'.repeat(100)), 431);
  });

  it('refuses more than 16 KiB of headers with 431', async () => {
    await expectRefused(head('GET /posts', `X-A: ${'a'.repeat(17 * 1024)}\r\n`), 431);
  });
});

it('ignores a request to upgrade the connection', async () => {
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13\r\n';
  const answer = await sendRaw(gateway.port, head('GET /posts', upgrade));
  expect(answer.status).toBe(200);
  expect(upstream.requests[0]?.headers).not.toHaveProperty('upgrade');
});

it('does not take the end of a refused body for the next request', async () => {
  const inner = head('GET /posts/666');
  const outer =
    head('POST /users', `Content-Type: text/plain\r\nContent-Length: ${inner.length}\r\n`) + inner;
  const answer = await sendRaw(gateway.port, outer);
  expect(answer.status).toBe(415);
  await expect(sendRaw(gateway.port, head('GET /posts/7'))).resolves.toMatchObject({ status: 200 });
  expect(upstream.requests.map(({ url }) => url)).toEqual(['/posts/7']);
});

describe('a client that expects 100-continue', () => {
  const expecting = (line: string, headers: string) =>
    head(line, `Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${headers}`);
  const conversation = async (bytes: string, body: string) => {
    const socket = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
    socket.write(bytes);
    let received = '';
    for await (const chunk of socket as AsyncIterable<string>) {
      received += chunk;
      if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
      else if (/\r\n\r\n.*\}$/s.test(received.replace('HTTP/1.1 100 Continue\r\n\r\n', ''))) break;
    }
    return received;
  };

  it('is asked for its body once every check has passed', async () => {
    const received = await conversation(expecting('POST /vote', ''), '{}');
    expect(received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(received).not.toMatch(/^connection: close/im);
    expect(upstream.requests).toMatchObject([{ url: '/vote', body: '{}' }]);
  });

  it.each([
    ['a bad token', expecting('POST /vote', '').replace(/Bearer \S+/, 'Bearer nonsense'), 401],
    ['a wrong type', expecting('POST /vote', '').replace('application/json', 'text/plain'), 415],
    ['too large a body', expecting('POST /vote', '').replace(/Length: 2/, 'Length: 200000'), 413],
    ['a path that is none', expecting('POST /nowhere', ''), 404],
  ])('is refused for %s before it sends its body', async (_name, bytes, status) => {
    const received = await conversation(bytes, '{}');
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    // Without reading on, a late body cannot be distinguished from the next request.
    expect(received).toMatch(/^connection: close/im);
    expect(upstream.requests).toEqual([]);
  });
});

it('answers a thousand pipelined requests, and closes the connection after the last', async () => {
  const socket = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
  socket.write('GET /health HTTP/1.1\r\nHost: agora\r\n\r\n'.repeat(1_100));
  let received = '';
  for await (const chunk of socket as AsyncIterable<string>) received += chunk;
  const answers = received.split('HTTP/1.1 ').slice(1);
  expect(answers).toHaveLength(1_000);
  expect(answers.filter((answer) => /^200 OK\r\n.*\{"status":"ok"\}$/s.test(answer))).toHaveLength(1_000);
  expect(answers.map((answer) => /^connection: close/im.test(answer)).indexOf(true)).toBe(999);
});
