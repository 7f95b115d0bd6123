import Joi from 'joi';
import type { Description } from '../endpoint/describe.js';
import { invalid } from '../endpoint/problem.js';
import type { Handler } from '../endpoint/routes.js';

/** Has a handler answer only with the write in hand that the client's `Consistency-Token` stands for. */
export type WithOwnWrites = (handler: Handler) => Handler;

/**
 * Makes the guard of reads: it waits as long as `awaitWrite` does, then says `Consistency: stale` if the write is still missing.
 * Throws 422 for what does not look like a token; without a token it does nothing.
 */
export const readOwnWrites =
  (awaitWrite: (token: string) => Promise<'applied' | 'missing'>): WithOwnWrites =>
  (handler) =>
  async (ctx) => {
    const token = ctx.headers['consistency-token'];
    if (token !== undefined) {
      if (!tokenPattern.test(String(token))) throw notFromWrite();
      if ((await awaitWrite(String(token))) === 'missing') ctx.set('Consistency', 'stale');
    }
    await handler(ctx);
  };

/** What every token looks like (base64url of a JSON object), and all that is asked of one: nobody has applied a write that never was. */
const tokenPattern = /^eyJ[A-Za-z0-9_-]{1,4000}$/;

const notFromWrite = () =>
  invalid([
    { field: 'Consistency-Token', message: 'Consistency-Token must be one that a write was answered with' },
  ]);

const consistencyToken = Joi.string()
  .pattern(tokenPattern)
  .description('That of a write, which the answer shows then. It is waited for up to 2 s.');

/** What clients are told of an endpoint behind that guard. */
export const readingOwnWrites = (description: Description): Description => ({
  ...description,
  headers: { ...description.headers, 'Consistency-Token': consistencyToken },
  answers: Object.fromEntries(
    Object.entries(description.answers).map(([status, answer]) => {
      const optionalHeaders = {
        ...answer.optionalHeaders,
        Consistency: '`stale` when the write is still missing.',
      };
      return [status, { ...answer, optionalHeaders }];
    }),
  ),
});
