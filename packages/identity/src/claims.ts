import type { JwtPayload } from 'jsonwebtoken';
import { roles, type Caller, type Role } from './caller.js';
import type { IdentitySettings } from './settings.js';

/** A token's claims; its times must be checked at every use. */
export interface Claims {
  caller: Caller;
  /** In seconds since 1970. */
  issuedAt: number;
}

/** jsonwebtoken accepts a token without `exp` and does not look at the other claims, so all are checked here. */
export function readClaims(
  payload: JwtPayload | undefined,
  settings: Pick<IdentitySettings, 'ACCESS_TOKEN_EXPIRE_MINUTES'>,
): Claims | undefined {
  const { sub, exp, iat, jti, sid } = (payload ?? {}) as Record<string, unknown>;
  if (typeof sub !== 'string' || !/^[1-9][0-9]{0,9}$/.test(sub) || Number(sub) > 2_147_483_647)
    return undefined;
  if (typeof exp !== 'number' || typeof iat !== 'number' || !Number.isFinite(exp) || !Number.isFinite(iat))
    return undefined;
  if (exp - iat > settings.ACCESS_TOKEN_EXPIRE_MINUTES * 60) return undefined;
  if (typeof jti !== 'string' || typeof sid !== 'string') return undefined;
  const account = accountOf(payload);
  if (!account) return undefined;
  const caller = { ...account, userId: Number(sub), sessionId: sid, tokenId: jti, expiresAt: exp };
  return { caller, issuedAt: iat };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A token's claims about the account besides its id. Tokens of the previous release have none: they belong to an ordinary user, until they expire. */
function accountOf(payload: JwtPayload | undefined) {
  const {
    account_key: accountKey,
    session_number: sessionNumber = 0,
    role = 'user',
    email_verified: emailVerified = false,
  } = (payload ?? {}) as Record<string, unknown>;
  if (accountKey !== undefined && !(typeof accountKey === 'string' && uuid.test(accountKey)))
    return undefined;
  if (!Number.isSafeInteger(sessionNumber) || Number(sessionNumber) < 0) return undefined;
  if (!roles.includes(role as Role) || typeof emailVerified !== 'boolean') return undefined;
  return {
    ...(accountKey !== undefined && { accountKey }),
    sessionNumber: Number(sessionNumber),
    role: role as Role,
    emailVerified,
  };
}
