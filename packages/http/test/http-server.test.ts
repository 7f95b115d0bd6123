import { connect } from 'node:net';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openServer, type HttpServer } from '@agora/http/serve';

/** Sends bytes and returns all that comes back until the server closes. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

describe('a server', () => {
  let server: HttpServer;
  const open = async (listener: Parameters<typeof openServer>[0]) => {
    server = await openServer(listener, { host: '127.0.0.1', port: 0, drainMilliseconds: 2_000 });
    return server;
  };
  afterEach(() => server.stop());

  it.each([
    ['garbage', 'NOT HTTP\r\n\r\n', 400],
    [
      'both framings',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['an overlong header', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['too many headers', `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(100)}\r\n`, 431],
    ['CONNECT', 'CONNECT example.test:443 HTTP/1.1\r\nHost: example.test\r\n\r\n', 405],
    ['another expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n', 417],
  ])('answers %s as a problem and closes', async (_name, bytes, status) => {
    const { port } = await open((_request, response) => void response.end('served'));
    const answer = await exchange(port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('"request_id"');
  });

  it('answers a HEAD that is too large without a body', async () => {
    const { port } = await open((_request, response) => void response.end('served'));
    const answer = await exchange(port, `HEAD /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 [^]*\r\n\r\n$/);
  });

  it('lets an answer in flight finish when it is stopped, and accepts no new connection', async () => {
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const { port } = await open(async (_request, response) => {
      started.resolve();
      await release.promise;
      response.end('finished');
    });
    const inFlight = fetch(`http://127.0.0.1:${port}/`);
    await started.promise;
    const stopping = server.stop();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    release.resolve();
    const response = await inFlight;
    expect(await response.text()).toBe('finished');
    await stopping;
  });

  it('keeps serving during its notice when it is stopped, and asks clients to close their connections', async () => {
    const listener = (_request: unknown, response: ServerResponse) => void response.end('served');
    server = await openServer(listener, {
      host: '127.0.0.1',
      port: 0,
      drainMilliseconds: 2_000,
      noticeMilliseconds: 500,
    });
    const kept = connect(server.port, '127.0.0.1');
    let received = '';
    kept.on('data', (chunk) => (received += chunk.toString()));
    kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(kept, 'data');
    expect(received).toContain('Connection: keep-alive');
    const stopping = server.stop();
    kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const fresh = await exchange(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(fresh).toMatch(/200 OK[^]*Connection: close[^]*served$/);
    await stopping;
    expect(received).toMatch(/served[^]*200 OK[^]*Connection: close[^]*served$/);
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow('fetch failed');
  });

  it('closes idle connections when it is stopped', async () => {
    const { port } = await open((_request, response) => void response.end('served'));
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await server.stop();
    expect(await closed).toEqual([false]);
  });
});
