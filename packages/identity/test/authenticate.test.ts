import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get } from '@agora/http';
import { createApplication, openServer, routeRequests, type HttpServer } from '@agora/http/serve';
import { createLogger } from '@agora/process';
import {
  authenticate,
  authenticateReader,
  findCaller,
  requireUser,
  type Caller,
  type Verifier,
} from '../src/index.js';
import { KeysUnavailable, RevocationsUnknown } from '../src/verify.js';

const caller: Caller = {
  userId: 7,
  sessionId: 's',
  sessionNumber: 1,
  role: 'user',
  emailVerified: false,
  tokenId: 't',
  expiresAt: 0,
};
const verifier: Verifier = {
  async verify(token) {
    if (token === 'no-keys') throw new KeysUnavailable('none');
    if (token === 'blind') throw new RevocationsUnknown('blind');
    return token === 'good' ? caller : undefined;
  },
  isReady: () => true,
  isStillGood: () => true,
  stop: async () => undefined,
};

describe('authenticate', () => {
  let server: HttpServer;
  const ask = (headers: Record<string, string>, query = '') =>
    fetch(`http://127.0.0.1:${server.port}/me${query}`, { headers });

  beforeAll(async () => {
    const middleware = routeRequests(
      [
        get('/me', 'user', (ctx) => void (ctx.body = requireUser(ctx))),
        get('/all', 'reader', (ctx) => void (ctx.body = { userId: findCaller(ctx)?.userId ?? null })),
      ],
      {
        authenticate: authenticate(verifier),
        authenticateReader: authenticateReader(authenticate(verifier), () => true),
      },
    );
    const application = createApplication({ logger: createLogger('test', 'silent'), middleware });
    server = await openServer(application.callback(), {
      host: '127.0.0.1',
      port: 0,
      drainMilliseconds: 1_000,
    });
  });
  afterAll(() => server.stop());

  it.each(['Bearer good', 'bearer good', 'BEARER  good'])('lets %j through', async (authorization) => {
    const response = await ask({ Authorization: authorization });
    expect(await response.json()).toMatchObject({ userId: 7 });
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic Z29vZA==', 'good'])(
    'asks for a token when given %j',
    async (given) => {
      const response = await ask(given === undefined ? {} : { Authorization: given });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="agora"');
    },
  );

  it.each(['Bearer bad', 'Bearer good good', 'Bearer good,good'])(
    'says that %j is invalid',
    async (authorization) => {
      const response = await ask({ Authorization: authorization });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="agora", error="invalid_token"');
      expect(await response.json()).toMatchObject({ code: 'invalid_token' });
    },
  );

  it.each([
    ['/me', 'Bearer good', 'Bearer good'],
    ['/me', 'Bearer good', 'Bearer bad'],
    ['/me', '', 'Bearer good'],
    ['/all', '', 'Bearer good'],
    ['/all', 'Bearer good', ''],
  ])('refuses two Authorization headers: %s with %j and %j', async (path, first, second) => {
    const asked = request({ port: server.port, path, headers: { Authorization: [first, second] } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const problem = JSON.parse((await answer.toArray()).join('')) as object;
    expect(problem).toMatchObject({ status: 400, code: 'malformed_request' });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="agora", error="invalid_request"');
  });

  it.each([
    [{}, 200, null],
    [{ Authorization: 'Bearer good' }, 200, 7],
    [{ Authorization: 'Bearer bad' }, 401, undefined],
    [{ Authorization: 'Basic Z29vZA==' }, 401, undefined],
  ])('answers a public read with %j with %d', async (headers, status, userId) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/all`, { headers });
    expect(response.status).toBe(status);
    expect((await response.json()) as object).toMatchObject(userId === undefined ? {} : { userId });
  });

  it('ignores a token in the query or a cookie', async () => {
    expect((await ask({ Cookie: 'access_token=good' }, '?access_token=good')).status).toBe(401);
  });

  it('answers 503, not 401, when no token can be verified', async () => {
    const response = await ask({ Authorization: 'Bearer no-keys' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('answers 503 revocations_unknown while the revocations are unknown', async () => {
    const response = await ask({ Authorization: 'Bearer blind' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({ code: 'revocations_unknown' });
  });
});
