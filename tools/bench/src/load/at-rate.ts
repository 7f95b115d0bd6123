import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, LoadResult } from './load.js';
import type { Request } from './routes.js';
import { beginTally, type Tally } from './tally.js';

/**
 * Sends requests at even distances, whether those before are answered or not. Not autocannon: its rate sends a second's requests at
 * its beginning, as fast as it can, which is peak load half of the time.
 */
export async function sendAtRate({ origin, requests, milliseconds, rate = 1 }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true });
  const tally = beginTally();
  const startedAt = performance.now();
  const under: Promise<void>[] = [];
  for (;;) {
    const passed = Math.min(performance.now() - startedAt, milliseconds);
    while (under.length < (passed / 1_000) * rate) {
      // One of each connection's list in turn: what it sends next must find the one before done.
      const list = requests[under.length % requests.length] ?? [];
      const next = list[Math.floor(under.length / requests.length) % list.length];
      if (next) under.push(send(agent, origin, next, tally));
    }
    if (passed >= milliseconds) break;
    await sleep(1);
  }
  await Promise.all(under);
  agent.destroy();
  return tally.result();
}

function send(
  agent: Agent,
  origin: string,
  { method, path, headers, body }: Request,
  tally: Tally,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const startedAt = performance.now();
  const sending = request(
    `${origin}${path}`,
    { method, agent, headers: { ...headers, 'Content-Length': Buffer.byteLength(body ?? '') } },
    (response) => {
      response.resume();
      response.once('end', () => {
        tally.answered(response.statusCode ?? 0, performance.now() - startedAt);
        resolve();
      });
    },
  );
  sending.setTimeout(10_000, () => sending.destroy(new Error('no answer after 10 s')));
  sending.once('error', (error) => {
    tally.failed(error.message);
    resolve();
  });
  sending.end(body);
  return promise;
}
