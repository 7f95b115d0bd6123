import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { routes } from '../src/routes.js';
import { ask } from './ask.js';
import { startGatewayTo, type RunningGateway } from './start-gateway.js';
import { deadOrigin } from './start-upstream.js';

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
  it('lists every route', async () => {
    const { text, headers } = await ask(gateway.port, 'GET', '/docs');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    for (const { method, path } of routes) {
      expect(text).toContain(`<code>${method}</code></td><td><code>${path.replace(':id', '{id}')}</code>`);
    }
  });

  it('allows its own style and nothing else', async () => {
    const { text, headers } = await ask(gateway.port, 'GET', '/docs');
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });
});

describe('GET /health', () => {
  it('is fine without any service', async () => {
    const answer = await ask(gateway.port, 'GET', '/health');
    expect(answer).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  });

  it('is 503 once the process was told to stop', async () => {
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
