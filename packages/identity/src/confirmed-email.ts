import { askService, forbidden, type Handler, type InternalAddress } from '@agora/http';
import { LRUCache } from 'lru-cache';
import { requireUser } from './authenticate.js';

/** Has an endpoint answer only callers who have confirmed their address, where the setting `REQUIRE_CONFIRMED_EMAIL` asks for it; others get 403. */
export type WithConfirmedEmail = (handler: Handler) => Handler;

/**
 * Returns that guard. A token says whether the address was confirmed when it was signed; if not, auth is asked, so that a
 * confirmation counts at once. What was confirmed stays so, and is asked for once. Throws a 503 when auth gives no answer.
 */
export function confirmedEmails(isRequired: boolean, auth: InternalAddress): WithConfirmedEmail {
  if (!isRequired) return (handler) => handler;
  const confirmed = new LRUCache<string, true>({ max: 10_000 });
  return (handler) => async (ctx) => {
    const { userId, accountKey = '', emailVerified } = requireUser(ctx);
    const key = `${userId} ${accountKey}`;
    if (!emailVerified && !confirmed.has(key)) {
      const answer = await askService<{ email_verified: boolean }>(
        auth,
        `/internal/users/${userId}/confirmation`,
      );
      if (!answer?.email_verified) throw emailNotConfirmed();
      confirmed.set(key, true);
    }
    await handler(ctx);
  };
}

/** 403: the caller's address is not confirmed. */
export const emailNotConfirmed = () =>
  forbidden(
    'email_not_confirmed',
    'Confirm your e-mail address first. POST /users/me/email/confirmation resends the mail.',
  );
