import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Joi from 'joi';
import { post, validate } from '@agora/http';
import { bodyLimit } from '@agora/http/body';
import { routeRequests } from '@agora/http/serve';
import { readJson } from '../src/body/read-body.js';
import { readForm } from '../src/body/read-form.js';
import { serve } from './serve.js';

const routes = [
  post('/json', 'anyone', async (ctx) => {
    ctx.body = { read: await readJson(ctx) };
  }),
  post('/form', 'anyone', async (ctx) => {
    ctx.body = { read: await readForm(ctx) };
  }),
  post('/fields', 'anyone', async (ctx) => {
    ctx.body = { read: validate(fields, await readForm(ctx)) };
  }),
  post('/object', 'anyone', async (ctx) => {
    ctx.body = { read: validate(Joi.object({ a: Joi.string() }), await readJson(ctx)) };
  }),
];
const fields = Joi.object({
  username: Joi.string().email().min(9).required(),
  password: Joi.string().required(),
});
const json = { 'Content-Type': 'application/json' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe('reading a body', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  const send = async (
    path: string,
    headers: Record<string, string>,
    body?: string | Uint8Array<ArrayBuffer>,
  ) => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers,
      ...(body !== undefined && { body }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  beforeAll(async () => {
    server = await serve(routeRequests(routes));
  });
  afterAll(() => server.stop());

  it('reads JSON', async () => {
    expect(await send('/json', json, '{"a":[1,"é"]}')).toEqual({
      status: 200,
      body: { read: { a: [1, 'é'] } },
    });
  });

  it('reads an absent body as an empty object', async () => {
    expect(await send('/json', json)).toEqual({ status: 200, body: { read: {} } });
  });

  it.each([
    ['no content type', {}],
    ['text', { 'Content-Type': 'text/plain' }],
    ['a form', form],
    ['another charset', { 'Content-Type': 'application/json; charset=latin1' }],
    ['a content encoding', { ...json, 'Content-Encoding': 'gzip' }],
    ['a merged content type', { 'Content-Type': 'application/json, text/plain' }],
  ])('refuses %s as JSON with 415', async (_name, headers) => {
    const { status, body } = await send('/json', headers, '{}');
    expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
  });

  it.each([
    ['cut short', '{"a":1'],
    ['no JSON at all', 'a=1'],
    ['two values', '{} {}'],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['UTF-8 that is cut short', new Uint8Array([0x22, 0xc3, 0x22])],
  ])('refuses JSON that is %s with 400', async (_name, body) => {
    const answer = await send('/json', json, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_body']);
    expect(JSON.stringify(answer.body)).not.toContain('a=1');
  });

  it.each([
    ['nested too deep', JSON.stringify({ a: [[[[[1]]]]] })],
    ['nested so deep that recursion would not survive it', `${'['.repeat(60_000)}${']'.repeat(60_000)}`],
    [
      'of too many keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 51 }, (_, key) => [`k${key}`, 1]))),
    ],
  ])('refuses JSON %s with 422', async (_name, body) => {
    expect((await send('/json', json, body)).status).toBe(422);
  });

  it.each(['{"a":{"b":1,"__proto__":{"c":1}}}', '{"a":{"b":1},"\\u005f_proto__":{"a":2}}'])(
    'ignores the prototype in %s',
    async (text) => {
      const { status, body } = await send('/json', json, text);
      expect([status, JSON.stringify(body)]).toEqual([200, '{"read":{"a":{"b":1}}}']);
    },
  );

  it('reads the maximum number of bytes, and answers 413 for one more', async () => {
    const fitting = JSON.stringify('x'.repeat(bodyLimit - 2));
    expect((await send('/json', json, fitting)).status).toBe(200);
    const { status, body } = await send('/json', json, `${fitting} `);
    expect([status, body.code]).toEqual([413, 'body_too_large']);
  });

  it('answers 413 for a large body without a Content-Length', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(`${server.url}/json`, { method: 'POST', headers: json }, (response) => {
        response.resume();
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.on('error', reject);
      for (let sent = 0; sent <= bodyLimit; sent += 16_384) sending.write('x'.repeat(16_384));
    });
    expect(status).toBe(413);
  });

  it('reads a form without nesting', async () => {
    const { body } = await send('/form', form, 'username=a%40b.test&password=x+y%26z&filter[a]=1');
    expect(body.read).toEqual({ username: 'a@b.test', password: 'x y&z', 'filter[a]': '1' });
  });

  it('refuses a repeated known form field, lists every bad field, and ignores others', async () => {
    const { status, body } = await send('/fields', form, 'username=a&username=b&scope=1&scope=2&=1&=2');
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      { field: 'username', message: 'username must be given at most once' },
      { field: 'password', message: 'password is required' },
    ]);
  });

  it('lists a field once, with its first error', async () => {
    const { body } = await send('/fields', form, 'username=a&password=b');
    expect(body.errors).toEqual([{ field: 'username', message: 'username must be a valid email' }]);
  });

  it('reads a multipart form', async () => {
    const data = new FormData();
    data.set('username', 'añ@example.test');
    data.set('password', 'x y&z');
    const { headers, body } = new Request('http://x', { method: 'POST', body: data });
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    const answer = await send('/form', { 'Content-Type': headers.get('content-type') ?? '' }, bytes);
    expect(answer.body.read).toEqual({ username: 'añ@example.test', password: 'x y&z' });
  });

  const multipart = { 'Content-Type': 'multipart/form-data; boundary=x' };
  const part = (disposition: string, content: string) =>
    `--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n--x--\r\n`;
  it.each([
    ['a file', part('name="username"; filename="a.txt"', 'a'), 422],
    ['more than 4 KiB', part('name="username"', 'a'.repeat(4_096)), 413],
    ['no end', part('name="username"', 'a').slice(0, -8), 400],
    ['no parts', 'username=a', 400],
  ])('refuses a multipart form with %s', async (_name, body, status) => {
    expect((await send('/form', multipart, body)).status).toBe(status);
  });

  it.each(['null', 'false', '0', '""', '[]', '[null]', '"{}"'])(
    'leaves %s as it is, for validation to refuse',
    async (body) => {
      const { status, body: problem } = await send('/object', json, body);
      expect([status, problem.errors]).toEqual([
        422,
        [{ field: 'body', message: 'body must be of type object' }],
      ]);
    },
  );

  it('counts the leaves of JSON, at any depth', async () => {
    const withLeaves = (count: number) => JSON.stringify({ a: { b: Array(count - 1).fill(1) }, c: {} });
    expect((await send('/json', json, withLeaves(50))).status).toBe(200);
    const { status, body } = await send('/json', json, withLeaves(51));
    expect([status, body.errors]).toEqual([
      422,
      [{ field: 'body', message: 'body must contain at most 50 values' }],
    ]);
  });

  it('answers 415 for JSON where a form is expected', async () => {
    expect((await send('/form', json, '{}')).status).toBe(415);
  });
});
