import { invalid } from './problem.js';
import type { Handler } from './routes.js';

/** Has a handler answer only with the write in hand that the client's `Consistency-Token` stands for. */
export type WithOwnWrites = (handler: Handler) => Handler;

/**
 * Makes the guard of reads: it waits as long as `awaitWrite` does, then says `Consistency: stale` if the write is still missing.
 * Throws 422 for a token that cannot be read; without a token it does nothing.
 */
export const readOwnWrites =
  (awaitWrite: (token: string) => Promise<'applied' | 'missing' | 'unreadable'>): WithOwnWrites =>
  (handler) =>
  async (ctx) => {
    const token = ctx.headers['consistency-token'];
    if (token !== undefined) {
      const outcome = await awaitWrite(String(token));
      if (outcome === 'unreadable') {
        throw invalid([{ field: 'Consistency-Token', message: 'Consistency-Token is none of ours' }]);
      }
      if (outcome === 'missing') ctx.set('Consistency', 'stale');
    }
    await handler(ctx);
  };
