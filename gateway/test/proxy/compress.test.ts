import { gunzipSync, brotliDecompressSync } from 'node:zlib';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bearer } from '../access-token.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';
import { startUpstream, type FakeUpstream } from '../start-upstream.js';

let upstream: FakeUpstream;
let compressing: RunningGateway;
let plain: RunningGateway;
const body = JSON.stringify([{ title: 'a title '.repeat(400) }]);

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.answer = ({ url = '' }, response) => {
    const content = url.includes('small') ? '[]' : body;
    response.writeHead(200, {
      'content-type': url.includes('stream') ? 'text/event-stream' : 'application/json; charset=utf-8',
      'content-length': content.length,
      etag: '"3-7"',
    });
    response.end(content);
  };
  compressing = await startGatewayTo(upstream.origin, { compresses: true });
  plain = await startGatewayTo(upstream.origin);
});
afterAll(async () => {
  await compressing.stop();
  await plain.stop();
  await upstream.stop();
});

const read = async (path: string, accepted = 'gzip, br', { port } = compressing, method = 'GET') => {
  const headers = { ...bearer(), 'accept-encoding': accepted, 'content-type': 'application/json' };
  const outgoing = request({ port, path, method, headers, agent: false }).end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return { headers: answer.headers, bytes: Buffer.concat(chunks) };
};

describe('a large answer', () => {
  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])('is compressed for who takes %s, and its tag is a weak one', async (encoding, decompress) => {
    const { headers, bytes } = await read('/posts/7', encoding);
    expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding', etag: 'W/"3-7"' });
    expect(headers).not.toHaveProperty('content-length');
    expect(bytes.length).toBeLessThan(body.length / 10);
    expect(decompress(bytes).toString()).toBe(body);
  });

  it.each(['identity', 'compress', '*;q=0'])('is unchanged for clients that accept %s', async (accepted) => {
    const { headers, bytes } = await read('/posts/7', accepted);
    expect(headers).toMatchObject({ vary: 'Accept-Encoding', etag: '"3-7"' });
    expect([headers['content-encoding'], bytes.toString()]).toEqual([undefined, body]);
  });

  it.each([
    ['an answer of less than 1 KiB', '/posts/7?small', 'GET'],
    ['what a HEAD asks for', '/feed', 'HEAD'],
  ])('but %s is not, though it varies', async (_what, path, method) => {
    const { headers } = await read(path, 'gzip', compressing, method);
    expect([headers['content-encoding'], headers.vary, headers.etag]).toEqual([
      undefined,
      'Accept-Encoding',
      '"3-7"',
    ]);
  });

  it.each([
    ['a stream', '/feed/stream', 'GET'],
    ['answers about an account', '/users/me', 'GET'],
    ['answers about sessions', '/sessions', 'GET'],
    ['a token', '/login', 'POST'],
    ['what answers a body with it', '/posts', 'POST'],
  ])('but %s is never', async (_what, path, method) => {
    const { headers } = await read(path, 'gzip', compressing, method);
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, undefined]);
  });

  it('is compressed when the gateway answers it itself', async () => {
    const { headers, bytes } = await read('/openapi.json', 'gzip');
    expect(headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(bytes).toString())).toMatchObject({ openapi: '3.1.0' });
  });

  it('is not compressed when compression is switched off', async () => {
    const { headers } = await read('/feed', 'gzip', plain);
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, undefined]);
  });
});
