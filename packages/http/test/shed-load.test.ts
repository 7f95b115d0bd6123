import { afterEach, describe, expect, it } from '@jest/globals';
import type { Middleware } from 'koa';
import { shedLoad, type HttpServer } from '@agora/http/serve';
import { serve } from './serve.js';

describe('an overloaded process', () => {
  let server: HttpServer & { url: string };
  afterEach(() => server.stop());

  const answer: Middleware = (ctx) => void (ctx.body = 'done');
  const statusOf = async (path = '/') => (await fetch(server.url + path)).status;

  it('refuses requests beyond its bound of requests in flight, and accepts the next when one is done', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    server = await serve([
      shedLoad({ maxInFlight: 1 }),
      async (ctx) => {
        begin();
        await released;
        ctx.body = 'done';
      },
    ]);
    const first = fetch(server.url);
    await begun;
    const second = await fetch(server.url);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await second.json()).toMatchObject({ code: 'overloaded', status: 503 });
    release();
    expect((await first).status).toBe(200);
    expect(await statusOf()).toBe(200);
  });

  it('refuses requests while too many statements wait for the database, but still answers probes', async () => {
    let waiting = 3;
    server = await serve([shedLoad({ waiting: () => waiting, maxWaiting: 3, exempt: '/health' }), answer]);
    expect([await statusOf(), await statusOf('/health')]).toEqual([503, 200]);
    waiting = 2;
    expect(await statusOf()).toBe(200);
  });

  it('refuses the caller with the most requests first, and everybody at twice the bound', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let begun = 0;
    server = await serve([
      shedLoad({ maxInFlight: 3, callerOf: (ctx) => ctx.path }),
      async (ctx) => {
        begun += 1;
        await released;
        ctx.body = 'done';
      },
    ]);
    const asking: Promise<number>[] = [];
    const hold = async (path: string) => {
      const before = begun;
      asking.push(statusOf(path));
      while (begun === before) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    for (const path of ['/greedy', '/greedy', '/greedy']) await hold(path);
    expect(await statusOf('/greedy')).toBe(503);
    for (const path of ['/one', '/two', '/three']) await hold(path);
    expect([await statusOf('/one'), await statusOf('/four')]).toEqual([503, 503]);
    release();
    expect(await Promise.all(asking)).toEqual(Array(6).fill(200));
    expect(await statusOf('/greedy')).toBe(200);
  });

  it('refuses requests while its event loop is late at every turn', async () => {
    server = await serve([shedLoad(), answer]);
    let shed = false;
    for (let turn = 0; turn < 12 && !shed; turn += 1) {
      const until = performance.now() + 350;
      while (performance.now() < until);
      shed = (await statusOf()) === 503;
    }
    expect(shed).toBe(true);
  });
});
