import autocannon from 'autocannon';
import type { Load, LoadResult } from './load.js';
import { beginTally } from './tally.js';

/** In milliseconds; a later answer is a failure. */
const longest = 15_000;

/** Sends the next request on each connection as soon as the one before is answered. */
export async function sendAtFullSpeed({ origin, requests, milliseconds }: Load): Promise<LoadResult> {
  const tally = beginTally();
  let next = 0;
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const options: autocannon.Options = {
    url: origin,
    connections: requests.length,
    // Servers close a connection after 1,000 requests, and autocannon would continue to send on it.
    reconnectRate: 900,
    // It is stopped below.
    duration: 1_000_000,
    timeout: 10,
    // How often it looks whether it was stopped.
    sampleInt: 50,
    setupClient(client) {
      client.setRequests((requests[next] ?? []) as autocannon.Request[]);
      next += 1;
    },
  };
  const run = autocannon(options, (error) => (error ? reject(error as Error) : resolve()));
  run.on('response', (_client, status, _bytes, took) => tally.answered(status, took));
  run.on('reqError', (error: Error) => tally.failed(error.message));
  // An answer is waited for: on a machine that is slow enough, none comes within a short round.
  const timer = setInterval(() => {
    if (tally.passed() >= milliseconds && (tally.count() > 0 || tally.passed() > longest)) run.stop?.();
  }, 10);
  await over;
  clearInterval(timer);
  return tally.result();
}
