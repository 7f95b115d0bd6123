import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { routes } from '../../src/routes.js';
import { ask } from '../ask.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';
import { deadOrigin } from '../start-upstream.js';

let gateway: RunningGateway;
let draining = false;

beforeAll(async () => {
  gateway = await startGatewayTo(await deadOrigin(), { isDraining: () => draining });
});
afterAll(() => gateway.stop());

describe('GET /', () => {
  it.each([undefined, '*/*', 'application/json', 'image/png', 'application/json, text/html'])(
    'says what this is to Accept: %s',
    async (accept) => {
      const answer = await ask(gateway.port, 'GET', '/', { headers: accept ? { accept } : {} });
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ name: 'Agora', version: '1.2.3', docs: '/docs' });
    },
  );

  it.each(['text/html', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'])(
    'sends a browser to the documentation: %s',
    async (accept) => {
      const answer = await ask(gateway.port, 'GET', '/', { headers: { accept, host: 'evil.example' } });
      expect(answer).toMatchObject({ status: 303, headers: { location: '/docs', vary: 'Accept' } });
    },
  );
});

describe('GET /docs', () => {
  it.each([
    ['#confirm-email=qO3s0-_x', 'The token of your mail, for POST /email-confirmations: qO3s0-_x'],
    ['#reset-password=qO3s0-_x', 'The token of your mail, for PUT /password-resets: qO3s0-_x'],
    ['#/posts', undefined],
  ])('shows what to do with the token that a mail links to: %s', async (hash, shown) => {
    const { text } = await ask(gateway.port, 'GET', '/docs');
    const script = (await ask(gateway.port, 'GET', '/docs/start.js')).text;
    const note: { textContent?: string } = {};
    const getElementById = (id: string) => (text.includes(`id="${id}"`) ? note : undefined);
    runInNewContext(script, {
      location: { hash },
      document: { getElementById, documentElement: { classList: { toggle: () => undefined } } },
      matchMedia: () => ({ addEventListener: () => undefined }),
      // The document never comes.
      fetch: () => Promise.withResolvers().promise,
    });
    expect(note.textContent).toBe(shown);
  });

  it('is a page that runs only scripts from this server', async () => {
    const { text, headers } = await ask(gateway.port, 'GET', '/docs');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(text).not.toMatch(/<style|style=|<script>|:\/\//);
  });

  it('serves all the files that it names', async () => {
    const { text } = await ask(gateway.port, 'GET', '/docs/');
    const files = [...text.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files).toHaveLength(3);
    for (const file of files) {
      const { status, headers } = await ask(gateway.port, 'HEAD', file);
      expect([status, headers['content-type']]).toEqual([
        200,
        expect.stringMatching(/^text\/(?:css|javascript); charset=utf-8$/),
      ]);
    }
  });
});

describe('GET /openapi.json', () => {
  it('describes every route except the files of the page', async () => {
    const answer = await ask(gateway.port, 'GET', '/openapi.json');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const { openapi, servers, paths } = answer.json() as {
      openapi: string;
      servers: object[];
      paths: Record<string, object>;
    };
    expect(openapi).toMatch(/^3\.1\./);
    expect(servers).toEqual([{ url: 'https://agora.example' }]);
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const expected = routes
      .filter(({ path }) => !path.startsWith('/docs/'))
      .map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`);
    expect(described.toSorted()).toEqual(expected.toSorted());
  });
});

describe('GET /asyncapi.json', () => {
  it('describes every event, and links to schemas that can be fetched', async () => {
    const answer = await ask(gateway.port, 'GET', '/asyncapi.json');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const { asyncapi, channels } = answer.json() as { asyncapi: string; channels: Record<string, object> };
    expect(asyncapi).toBe('3.0.0');
    expect(Object.keys(channels)).toContain('votes.vote-cast.v1');
    for (const type of Object.keys(channels)) {
      const schema = await ask(gateway.port, 'GET', `/docs/events/${type}`);
      expect(schema.headers['content-type']).toBe('application/schema+json');
      expect(schema.json()).toMatchObject({ title: type, properties: { type: { const: type }, data: {} } });
    }
    expect((await ask(gateway.port, 'GET', '/docs/events/votes.vote-cast.v9')).status).toBe(404);
  });
});

describe('GET /health', () => {
  it('is 200 without any service', async () => {
    const answer = await ask(gateway.port, 'GET', '/health');
    expect(answer).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  });

  it('is 503 once the process is stopping', async () => {
    draining = true;
    const answer = await ask(gateway.port, 'GET', '/health/');
    draining = false;
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(answer.json()).toMatchObject({ status: 503, code: 'draining' });
  });
});

it.each([
  [true, 'max-age=31536000; includeSubDomains'],
  [false, undefined],
])('has browsers come by TLS, in refusals too, when it is behind TLS: %s', async (behindTls, expected) => {
  const running = await startGatewayTo('http://127.0.0.1:1', { behindTls });
  for (const path of ['/health', '/nowhere', '/posts']) {
    const { headers } = await ask(running.port, 'GET', path);
    expect(headers['strict-transport-security']).toBe(expected);
  }
  await running.stop();
});
