import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { requestsTo, requireAnswer, reset, type Rival } from '../src/load/rival.js';
import { readRoutes } from '../src/load/routes.js';

let server: Server;
let rival: Rival;
let received: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(request.url === '/open' ? 200 : 401).end('who are you?');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const routes = {
    get: { path: '/open' },
    list: { path: '/closed' },
    reset: { method: 'POST', path: '/take-back', body: { post_id: '{connection}' } },
  };
  rival = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    routes: readRoutes(JSON.stringify(routes)),
  };
});
beforeEach(() => void (received = []));
afterAll(() => void server.close());

it('resets a rival once for every connection, whatever it answers', async () => {
  await reset(rival, 2);
  expect(received).toEqual(['POST /take-back {"post_id":1}', 'POST /take-back {"post_id":2}']);
});

it('resets none that has nothing to reset', async () => {
  await reset({ ...rival, routes: {} }, 2);
  expect(received).toEqual([]);
});

it('says before anything is measured what is wrong with a rival', async () => {
  await requireAnswer(rival, 'get');
  await expect(requireAnswer(rival, 'list')).rejects.toThrow(
    'The rival answers 401 to GET /closed: who are you?',
  );
  await expect(requireAnswer({ ...rival, origin: 'http://127.0.0.1:1' }, 'get')).rejects.toThrow(
    /^The rival at http:\/\/127\.0\.0\.1:1 does not answer: /,
  );
  expect(() => requestsTo(rival, 'vote', 1)).toThrow('--rival-routes has no route "vote"');
});
