import { refuseSecondToken, unauthorized, unavailable } from '@agora/http';
import { currentRequest } from '@agora/process/requests';
import type { Context, Middleware } from 'koa';
import type { Caller } from './caller.js';
import { KeysUnavailable, RevocationsUnknown, type Verifier } from './verify.js';

const callerOf = Symbol('caller');

/** Not in a WeakMap: an entry for each request would cost the collector more than the request costs the rest. */
type Authenticated = Context & { [callerOf]?: Caller };

/** Accepts a request with a valid access token (RFC 6750, only in the one Authorization header); otherwise throws 401, 400 for a second header, or 503 when tokens cannot be verified at all. */
export function authenticate(verifier: Verifier): Middleware {
  return async (ctx: Authenticated, next) => {
    refuseSecondToken(ctx.req.rawHeaders);
    const token = bearerToken(ctx.get('authorization'));
    if (token === undefined) throw unauthorized();
    const caller = await verify(verifier, token);
    if (!caller) throw unauthorized('invalid_token');
    ctx[callerOf] = caller;
    const request = currentRequest();
    if (request) request.userId = caller.userId;
    await next();
  };
}

/** As `requireToken`, but a request without a token goes through where `needsNone` says so; one with a token must have a good one. */
export const authenticateReader =
  (requireToken: Middleware, needsNone: (ctx: Context) => boolean): Middleware =>
  (ctx, next) => {
    if (ctx.get('authorization') || !needsNone(ctx)) return requireToken(ctx, next);
    refuseSecondToken(ctx.req.rawHeaders);
    return next();
  };

/** The caller of a request, if it came with a token. */
export const findCaller = (ctx: Authenticated): Caller | undefined => ctx[callerOf];

/** The caller of an authenticated request; on a route that is open to anyone this is a mistake, and throws. */
export function requireUser(ctx: Authenticated): Caller {
  const caller = ctx[callerOf];
  if (!caller) throw new Error('requireUser on a route that authenticates nobody');
  return caller;
}

/** Whether a request's token, once accepted by `authenticate`, is still valid: a stream must end with its token, and when revocations are unknown. */
export async function isTokenStillGood(ctx: Context, verifier: Verifier): Promise<boolean> {
  const caller = await verifier
    .verify(bearerToken(ctx.get('authorization')) ?? '')
    .catch((error: unknown) => {
      if (error instanceof RevocationsUnknown) return undefined;
      throw error;
    });
  return caller !== undefined && caller.expiresAt * 1_000 > Date.now();
}

function bearerToken(authorization: string): string | undefined {
  const [, token] = /^bearer +(\S.*)$/i.exec(authorization) ?? [];
  return token?.trim();
}

async function verify(verifier: Verifier, token: string): Promise<Caller | undefined> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof KeysUnavailable)
      throw unavailable('Access tokens cannot be verified right now. Try again shortly.');
    if (error instanceof RevocationsUnknown) throw revocationsUnknown();
    throw error;
  }
}

/** 503: whether tokens were revoked is not known at the moment. */
export const revocationsUnknown = () =>
  unavailable(
    'Access tokens cannot be verified right now, because the list of revoked ones is not up to date. Try again shortly.',
    2,
    'revocations_unknown',
  );
