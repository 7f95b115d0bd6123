import { unauthorized } from '@agora/http';
import { authenticate, requireUser, type Verifier } from '@agora/identity';
import type { Middleware } from 'koa';
import { findAccountKey } from '../models/own-account.js';

/**
 * Like `authenticate`, but also refuses a token whose account does not exist, or whose id belongs to another account by now: a failover that lost the newest
 * accounts, or a restored backup, may have given it again.
 */
export function authenticateAccount(verifier: Verifier): Middleware {
  const byToken = authenticate(verifier);
  return (ctx, next) =>
    byToken(ctx, async () => {
      const { userId, accountKey } = requireUser(ctx);
      if (accountKey !== undefined && (await findAccountKey(userId)) !== accountKey)
        throw unauthorized('invalid_token');
      await next();
    });
}
