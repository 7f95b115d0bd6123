import { once } from 'node:events';
import { Agent, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '@agora/identity';
import { bearer, signToken } from '../access-token.js';
import { ask, askJson, type Answer } from '../ask.js';
import { startGatewayTo, type GatewayOverrides } from '../start-gateway.js';
import { deadOrigin, startTcpUpstream, startUpstream, type FakeUpstream } from '../start-upstream.js';

let started: { stop(): Promise<void> }[];
beforeEach(() => {
  started = [];
});
afterEach(async () => {
  for (const part of started.toReversed()) await part.stop();
});

const token = signToken();
const headers = bearer(token);
const dead = [
  '127.0.0.1',
  'localhost',
  'httpxy',
  'http-proxy',
  'ECONN',
  'node_modules',
  'socket hang up',
  'HPE_',
];

/** A problem in the usual shape, without a word of what is behind. */
function expectProblem(answer: Answer, status: number, code: string, port: string): void {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({ status, code, request_id: answer.headers['x-request-id'] });
  expect(Object.keys(answer.json()).toSorted()).toEqual([
    'code',
    'detail',
    'request_id',
    'status',
    'title',
    'type',
  ]);
  const everything = answer.text + answer.rawHeaders.join('\n');
  for (const word of [...dead, port]) expect(everything).not.toContain(word);
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
}

async function gatewayTo(origin: string, overrides?: GatewayOverrides) {
  const gateway = await startGatewayTo(origin, overrides);
  started.push(gateway);
  return gateway;
}

async function upstreamThat(onConnection: (socket: Socket) => void) {
  const upstream = await startTcpUpstream(onConnection);
  started.push(upstream);
  return { ...upstream, port: upstream.origin.split(':').at(-1) ?? '' };
}

async function recordingUpstream(): Promise<FakeUpstream> {
  const upstream = await startUpstream();
  started.push(upstream);
  return upstream;
}

describe('a service that', () => {
  it('is down is 503 with Retry-After', async () => {
    const origin = await deadOrigin();
    const gateway = await gatewayTo(origin);
    const answer = await ask(gateway.port, 'GET', '/posts', { headers });
    expectProblem(answer, 503, 'service_unavailable', origin.split(':').at(-1) ?? '');
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('is down is 503 for a body too', async () => {
    const gateway = await gatewayTo(await deadOrigin());
    const answer = await askJson(gateway.port, 'POST', '/posts', { title: 'a' }, headers);
    expect(answer.status).toBe(503);
  });

  it('has no address is 503', async () => {
    const gateway = await gatewayTo('http://nowhere.invalid:8001');
    const answer = await ask(gateway.port, 'GET', '/posts', { headers });
    expectProblem(answer, 503, 'service_unavailable', 'nowhere.invalid');
  });

  it('closes before it answers is 502', async () => {
    const upstream = await upstreamThat((socket) => socket.once('data', () => socket.destroy()));
    const gateway = await gatewayTo(upstream.origin);
    expectProblem(await ask(gateway.port, 'GET', '/posts', { headers }), 502, 'bad_gateway', upstream.port);
    expectProblem(
      await askJson(gateway.port, 'POST', '/vote', {}, headers),
      502,
      'bad_gateway',
      upstream.port,
    );
  });

  it('resets before it answers is 502', async () => {
    const upstream = await upstreamThat((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const gateway = await gatewayTo(upstream.origin);
    expectProblem(await ask(gateway.port, 'GET', '/posts', { headers }), 502, 'bad_gateway', upstream.port);
    expect(upstream.sockets).toHaveLength(1);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['a status that there is not', 'HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nab'],
    ['another one', 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nab'],
    ['a huge head', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`],
  ])('answers %s is 502', async (_name, bytes) => {
    const upstream = await upstreamThat((socket) => socket.once('data', () => socket.end(bytes)));
    const gateway = await gatewayTo(upstream.origin);
    expectProblem(await ask(gateway.port, 'GET', '/posts', { headers }), 502, 'bad_gateway', upstream.port);
  });

  it('answers endlessly with an invalid status is disconnected', async () => {
    const upstream = await upstreamThat((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 099 Odd\r\nContent-Length: 9\r\n\r\n'));
    });
    const gateway = await gatewayTo(upstream.origin);
    expectProblem(await ask(gateway.port, 'GET', '/posts', { headers }), 502, 'bad_gateway', upstream.port);
    for (const socket of upstream.sockets) if (!socket.closed) await once(socket, 'close');
  });

  it('does not answer in time is 504', async () => {
    const upstream = await upstreamThat((socket) => void socket.resume());
    const gateway = await gatewayTo(upstream.origin, { timeoutMilliseconds: 100 });
    expectProblem(
      await ask(gateway.port, 'GET', '/posts', { headers }),
      504,
      'gateway_timeout',
      upstream.port,
    );
    expectProblem(
      await askJson(gateway.port, 'POST', '/vote', {}, headers),
      504,
      'gateway_timeout',
      upstream.port,
    );
    for (const socket of upstream.sockets) if (!socket.closed) await once(socket, 'close');
  });

  it('sends its head byte by byte is 504 too', async () => {
    const upstream = await upstreamThat((socket) => {
      const drip = setInterval(
        () => socket.write('HTTP/1.1 200 OK\r\nX: '.charAt((index += 1) - 1) || 'x'),
        20,
      );
      let index = 0;
      socket.on('close', () => clearInterval(drip));
    });
    const gateway = await gatewayTo(upstream.origin, { timeoutMilliseconds: 200 });
    expectProblem(
      await ask(gateway.port, 'GET', '/posts', { headers }),
      504,
      'gateway_timeout',
      upstream.port,
    );
  });

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['with a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nnonsense\r\n'],
  ])('dies in the middle of an answer %s takes the connection with it', async (_name, bytes) => {
    const upstream = await upstreamThat((socket) => {
      socket.once('data', () => socket.write(bytes, () => setTimeout(() => socket.destroy(), 20)));
    });
    const gateway = await gatewayTo(upstream.origin);
    await expect(ask(gateway.port, 'GET', '/posts', { headers })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    await expect(ask(gateway.port, 'GET', '/health')).resolves.toMatchObject({ status: 200 });
  });

  it("pauses in the middle of an answer has the client's connection closed", async () => {
    const upstream = await upstreamThat((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    });
    const gateway = await gatewayTo(upstream.origin, { timeoutMilliseconds: 100 });
    await expect(ask(gateway.port, 'GET', '/posts', { headers })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  it('comes back is used again', async () => {
    const upstream = await recordingUpstream();
    const gateway = await gatewayTo(upstream.origin);
    upstream.answer = (request) => request.socket.destroy();
    await expect(ask(gateway.port, 'GET', '/posts', { headers })).resolves.toMatchObject({ status: 502 });
    upstream.answer = (_request, response) => response.end('back');
    await expect(ask(gateway.port, 'GET', '/posts', { headers })).resolves.toMatchObject({
      status: 200,
      text: 'back',
    });
  });

  it('has too many requests in flight is 503 for further ones', async () => {
    const upstream = await recordingUpstream();
    const gateway = await gatewayTo(upstream.origin, { maxInFlight: 1 });
    const { promise: held, resolve: hold } = Promise.withResolvers<() => void>();
    upstream.answer = (_request, response) => hold(() => response.end('late'));
    const first = ask(gateway.port, 'GET', '/posts', { headers });
    const release = await held;
    const second = await ask(gateway.port, 'GET', '/posts', { headers });
    expectProblem(second, 503, 'service_unavailable', String(upstream.port));
    release();
    await expect(first).resolves.toMatchObject({ status: 200, text: 'late' });
    upstream.answer = (_request, response) => response.end('next');
    await expect(ask(gateway.port, 'GET', '/posts', { headers })).resolves.toMatchObject({ text: 'next' });
  });
});

describe('a keep-alive connection that the service has closed', () => {
  /** Answers the first request of each connection, and resets the connection at the second. */
  const answersOnce = (socket: Socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      socket.once('data', () => socket.resetAndDestroy());
    });
  };

  it.each(['GET', 'HEAD'])('has a %s retried', async (method) => {
    const upstream = await upstreamThat(answersOnce);
    const gateway = await gatewayTo(upstream.origin);
    await ask(gateway.port, 'GET', '/posts', { headers });
    await expect(ask(gateway.port, method, '/posts', { headers })).resolves.toMatchObject({ status: 200 });
    expect(upstream.sockets).toHaveLength(2);
  });

  it.each(['DELETE', 'PUT'])('never has a %s retried', async (method) => {
    const upstream = await upstreamThat(answersOnce);
    const gateway = await gatewayTo(upstream.origin);
    await ask(gateway.port, 'GET', '/posts', { headers });
    const body = method === 'PUT' ? '{}' : '';
    const sent = { ...headers, 'content-type': 'application/json', 'content-length': String(body.length) };
    await expect(ask(gateway.port, method, '/posts/7', { headers: sent, body })).resolves.toMatchObject({
      status: 502,
    });
    expect(upstream.sockets).toHaveLength(1);
  });
});

it('does not retry once an answer has begun', async () => {
  const upstream = await upstreamThat((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () =>
          setTimeout(() => socket.destroy(), 20),
        );
      });
    });
  });
  const gateway = await gatewayTo(upstream.origin);
  await ask(gateway.port, 'GET', '/posts', { headers });
  await expect(ask(gateway.port, 'GET', '/posts', { headers })).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(upstream.sockets).toHaveLength(1);
});

describe('a client that disconnects', () => {
  const leave = (port: number, path = '/posts') => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    return socket;
  };

  it('before the service is asked causes no request to it', async () => {
    const upstream = await recordingUpstream();
    const { promise: verifying, resolve: begin } = Promise.withResolvers<void>();
    const { promise: caller, resolve: finish } = Promise.withResolvers<Caller>();
    const verify = () => {
      begin();
      return caller;
    };
    const verifier = { verify, isReady: () => true, isStillGood: () => true, stop: async () => undefined };
    const gateway = await gatewayTo(upstream.origin, { verifier });
    const socket = leave(gateway.port);
    await verifying;
    socket.resetAndDestroy();
    await ask(gateway.port, 'GET', '/health');
    finish({
      userId: 7,
      sessionId: 's',
      sessionNumber: 1,
      role: 'user',
      emailVerified: false,
      tokenId: 't',
      expiresAt: 0,
    });
    await ask(gateway.port, 'GET', '/posts/7', { headers });
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/posts/7']);
  });

  it('before the answer ends the request to the service', async () => {
    const upstream = await recordingUpstream();
    const gateway = await gatewayTo(upstream.origin);
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
    upstream.answer = (_request, response) => resolve(response);
    const socket = leave(gateway.port);
    const response = await asked;
    socket.destroy();
    await once(response, 'close');
    expect(response.writableFinished).toBe(false);
  });

  it('in the middle of the answer ends the request too, and frees its place', async () => {
    const upstream = await recordingUpstream();
    const gateway = await gatewayTo(upstream.origin, { maxInFlight: 1 });
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    upstream.answer = (_request, response) => {
      response.on('close', resolve);
      response.write('a'.repeat(1024));
    };
    const socket = leave(gateway.port);
    await once(socket, 'data');
    socket.destroy();
    await aborted;
    upstream.answer = (_request, response) => response.end('next');
    await expect(ask(gateway.port, 'GET', '/posts', { headers })).resolves.toMatchObject({ status: 200 });
  });
});

describe('heavy traffic', () => {
  it('is streamed: the first bytes of an answer arrive before the last are sent', async () => {
    const upstream = await recordingUpstream();
    const gateway = await gatewayTo(upstream.origin);
    const { promise: first, resolve: arrived } = Promise.withResolvers<void>();
    const size = 8 * 1024 * 1024;
    upstream.answer = (_request, response) => {
      response.write('first');
      void first.then(() => response.end(Buffer.alloc(size)));
    };
    const socket = connect(gateway.port, '127.0.0.1');
    let received = 0;
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (bytes.includes('first')) arrived();
    });
    socket.write(
      `GET /posts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    await once(socket, 'close');
    expect(received).toBeGreaterThan(size);
  });

  it('uses a few keep-alive connections, in sequence and concurrently', async () => {
    const upstream = await recordingUpstream();
    const gateway = await gatewayTo(upstream.origin);
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    try {
      for (let count = 0; count < 100; count += 1) {
        await expect(ask(gateway.port, 'GET', '/posts', { headers, agent })).resolves.toMatchObject({
          status: 200,
        });
      }
      expect(upstream.connections()).toBe(1);
      const answers = await Promise.all(
        Array.from({ length: 500 }, (_, id) => ask(gateway.port, 'GET', `/posts/${id}`, { headers, agent })),
      );
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(upstream.requests).toHaveLength(600);
      expect(upstream.connections()).toBeLessThanOrEqual(60);
    } finally {
      agent.destroy();
    }
  });
});
