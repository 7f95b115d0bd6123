import { backoff, pause } from './pause.js';
import type { Send } from './send.js';

/** A longer `Retry-After` is for people to decide about. */
const mostSeconds = 30;

/**
 * Sends again what failed for now: on 429 always, on 502, 503, 504 and without an answer only what has the same effect when it
 * comes twice. Waits as long as `Retry-After` says, or longer each time.
 */
export const withRetries =
  (send: Send, attempts: number): Send =>
  async (request) => {
    addIdempotencyKey(request);
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attempts;
      let wait = backoff(attempt);
      try {
        const response = await send(isLast ? request : request.clone());
        const seconds = Number(response.headers.get('retry-after'));
        if (isLast || !isPassing(response.status, request) || seconds > mostSeconds) return response;
        wait = Math.max(wait, seconds * 1_000);
        await response.body?.cancel();
      } catch (error) {
        if (isLast || request.signal.aborted || !isRepeatable(request)) throw error;
      }
      await pause(wait, request.signal);
    }
  };

/** With a key, a post that was written although its answer was lost is not written twice. */
function addIdempotencyKey({ method, url, headers }: Request): void {
  const isPost = method === 'POST' && /\/posts\/?$/.test(new URL(url).pathname);
  if (isPost && !headers.has('idempotency-key')) headers.set('idempotency-key', crypto.randomUUID());
}

const repeatableMethods = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

const isRepeatable = ({ method, headers }: Request): boolean =>
  repeatableMethods.has(method) || headers.has('idempotency-key');

function isPassing(status: number, request: Request): boolean {
  if (status === 429) return true;
  // The first request with the key is still running.
  if (status === 409) return request.headers.has('idempotency-key');
  return [502, 503, 504].includes(status) && isRepeatable(request);
}
