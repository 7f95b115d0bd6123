import { addressBucket } from '@agora/chassis';
import { authenticate, requireUser, type Verifier } from '@agora/identity';
import type { Context } from 'koa';
import type { Route } from '../routes.js';
import type { Limiter } from '../limits/limiter.js';
import { policiesOfAddress, policiesOfUser } from '../limits/policies.js';

/** Lets a request in: throws 401 without a good token where one is needed, then 429 when its user, or its address, asks too often. */
export type Admit = (ctx: Context, route: Route, address: string) => Promise<void>;

/** Makes the guard of all routes. */
export function createAdmission(verifier: Verifier, limiter: Limiter): Admit {
  const requireToken = authenticate(verifier);
  return async (ctx, route, address) => {
    const countAddress = () => limiter.count(ctx, policiesOfAddress(route), addressBucket(address));
    if (route.access === 'anyone') return countAddress();
    try {
      await requireToken(ctx, async () => undefined);
    } catch (refusal) {
      // Who is not logged in is counted by address, so that nobody can try tokens without end.
      await countAddress();
      throw refusal;
    }
    await limiter.count(ctx, policiesOfUser(route), String(requireUser(ctx).userId));
  };
}
