import Joi from 'joi';
import type { Description } from '../endpoint/describe.js';
import { invalid } from '../endpoint/problem.js';
import type { Handler } from '../endpoint/routes.js';

/** Makes a handler wait until the write of the client's `Consistency-Token` is visible. */
export type WithOwnWrites = (handler: Handler) => Handler;

/** Runs a handler that only reads, and so may be answered by a replica that holds what was there at a position, or at this moment (`latest`). */
export type ReadFromReplica = (handle: () => Promise<void>, after?: string) => Promise<void>;

/**
 * Returns a guard for reads: it waits as long as `awaitWrite` does, then says `Consistency: stale` if the write is still missing.
 * Throws 422 for what does not look like a token; without a token it waits for nothing. What changes nothing is read by `readFromReplica`.
 */
export const readOwnWrites =
  (
    awaitWrite: (token: string) => Promise<{ outcome: 'applied' | 'missing'; position?: string }>,
    readFromReplica: ReadFromReplica,
  ): WithOwnWrites =>
  (handler) =>
  async (ctx) => {
    const token = ctx.headers['consistency-token'];
    let after: string | undefined;
    if (token !== undefined) {
      if (!tokenPattern.test(String(token))) throw notFromWrite();
      const { outcome, position } = await awaitWrite(String(token));
      if (outcome === 'missing') ctx.set('Consistency', 'stale');
      after = position;
    }
    const handle = async () => handler(ctx);
    if (!['GET', 'HEAD'].includes(ctx.method)) return handle();
    // Else a replica that is behind the one that gave the first page could leave out of the next what was there then.
    await readFromReplica(handle, ctx.querystring.includes('cursor=') ? 'latest' : after);
  };

/** The form of every token (base64url of a JSON object). Nothing else is checked: a made-up write is simply never found applied. */
const tokenPattern = /^eyJ[A-Za-z0-9_-]{1,4000}$/;

const notFromWrite = () =>
  invalid([
    { field: 'Consistency-Token', message: 'Consistency-Token must come from the response to a write' },
  ]);

const consistencyToken = Joi.string()
  .pattern(tokenPattern)
  .example('eyJ2b3RlcyI6WyI4ZjE0ZTQ1Zi1jZWVhLTQ2N2YtOWIxZC0zYzZmMGUyYTdkNTUiXX0')
  .description(
    'From the response to a write: this response then reflects that write. Waits up to two seconds for it.',
  );

/** The description of an endpoint behind that guard. */
export const readingOwnWrites = (description: Description): Description => ({
  ...description,
  headers: { ...description.headers, 'Consistency-Token': consistencyToken },
  answers: Object.fromEntries(
    Object.entries(description.answers).map(([status, answer]) => {
      const optionalHeaders = {
        ...answer.optionalHeaders,
        Consistency: '`stale` if the response does not reflect the write yet.',
      };
      return [status, { ...answer, optionalHeaders }];
    }),
  ),
});
