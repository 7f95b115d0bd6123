import { addressBucket } from '@agora/http/serve';
import { authenticate, requireUser, type Verifier } from '@agora/identity';
import type { Context } from 'koa';
import { costOf } from '../limits/cost.js';
import type { Limiter } from '../limits/limiter.js';
import { policiesOfAddress, policiesOfUser } from '../limits/policies.js';
import type { Route } from '../routes.js';

/** The caller, as far as it is known, and the request. */
export interface Caller {
  /** Missing for a request without a token. */
  userId?: number;
  /** The bucket of the client's address. */
  address: string;
  /** The policy that counts its points, and the key that they are counted by. */
  policy: 'user' | 'address';
  key: string;
  /** What the request weighs, in points. */
  cost: number;
}

/** Lets a request in: throws 401 without a good token where one is needed, then 429 when its user, or its address, asks for too much. */
export type Admit = (ctx: Context, route: Route, address: string, query: string) => Promise<Caller>;

/** Returns the guard of all routes. */
export function createAdmission(verifier: Verifier, limiter: Limiter, arePublicReads: boolean): Admit {
  const requireToken = authenticate(verifier);
  return async (ctx, route, clientAddress, query) => {
    const address = addressBucket(clientAddress);
    const cost = costOf(route, query);
    const countAddress = () => limiter.count(ctx, policiesOfAddress(route), address, cost);
    if (route.access === 'anyone' || needsNoToken(ctx, route, query, arePublicReads)) {
      await countAddress();
      return { address, policy: 'address', key: address, cost };
    }
    try {
      await requireToken(ctx, async () => undefined);
    } catch (refusal) {
      // Callers who are not logged in are counted by address, so that nobody can guess tokens without end.
      await countAddress();
      throw refusal;
    }
    const { userId } = requireUser(ctx);
    const key = String(userId);
    await limiter.count(ctx, policiesOfUser(route), key, cost);
    return { userId, address, policy: 'user', key, cost };
  };
}

/** If reads are public, and for a stream with a ticket, which posts verifies. A token that is sent is always verified. */
const needsNoToken = (ctx: Context, route: Route, query: string, arePublicReads: boolean): boolean =>
  !ctx.get('authorization') &&
  ((route.access === 'reader' && arePublicReads) || (route.streams === true && /[?&]ticket=/.test(query)));
