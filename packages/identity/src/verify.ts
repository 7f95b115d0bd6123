import type { KeyObject } from 'node:crypto';
import type { Logger } from '@agora/chassis';
import jwt, { type JwtPayload } from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { roles, type Caller, type Role } from './caller.js';
import { remoteKeySet, sharedSecret, type KeySet } from './key-set.js';
import { legacyTokens } from './legacy-tokens.js';
import type { Revocations } from './revocations.js';
import { refuseSharedSecretInProduction, type IdentitySettings } from './settings.js';

export interface Verifier {
  /** The caller that an access token speaks for; undefined when the token is bad. Rejects with a KeysUnavailable when no key could be loaded yet. */
  verify(token: string): Promise<Caller | undefined>;
  /** Whether tokens can be verified. */
  isReady(): boolean;
  stop(): Promise<void>;
}

/** No key was ever loaded: nothing can be said about any token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

const maxTokenBytes = 4096;
const clockTolerance = 5;

/** Verifies access tokens (RFC 9068, with the precautions of RFC 8725), by the keys that the settings name unless others are given. Results are cached by the exact token; its expiry, its revocation, and that its key is still accepted are checked every time. */
export function createVerifier(
  settings: IdentitySettings,
  logger: Logger,
  revocations: Pick<Revocations, 'isRevoked' | 'isComplete'>,
  keys: KeySet = keySetOf(settings, logger),
): Verifier {
  refuseSharedSecretInProduction(settings);
  const verifyLegacy = legacyTokens(settings);
  const verified = new LRUCache<string, { caller: Caller; kid: string | undefined }>({ max: 10_000 });
  return {
    async verify(token) {
      const known = verified.get(token);
      const legacy = known ? undefined : verifyLegacy(token);
      if (legacy) return revocations.isRevoked(legacy) ? undefined : legacy;
      // A token ends with its key: a retired one is in the key set no more.
      if (known && !(await keys.find(known.kid))) return undefined;
      const caller = known?.caller ?? (await verifyToken(token, keys, settings));
      if (!caller || caller.expiresAt + clockTolerance <= Date.now() / 1000) return undefined;
      if (revocations.isRevoked(caller)) return undefined;
      if (!known) verified.set(token, { caller, kid: headerOf(token)?.kid });
      return caller;
    },
    isReady: () => keys.isLoaded() && revocations.isComplete(),
    stop: () => keys.stop(),
  };
}

function keySetOf(settings: IdentitySettings, logger: Logger): KeySet {
  if (settings.ALGORITHM === 'HS256') return sharedSecret(settings.SECRET_KEY ?? '');
  return remoteKeySet(settings, logger);
}

async function verifyToken(
  token: string,
  keys: KeySet,
  settings: IdentitySettings,
): Promise<Caller | undefined> {
  if (token.length > maxTokenBytes) return undefined;
  const header = headerOf(token);
  if (!header || !isAcceptable(header, settings.ALGORITHM)) return undefined;
  const key = await keys.find(header.kid);
  if (!keys.isLoaded()) throw new KeysUnavailable('no key to verify tokens with');
  return key && callerOf(checkSignature(token, key, settings), settings);
}

interface TokenHeader {
  alg?: unknown;
  typ?: unknown;
  kid?: string;
}

function headerOf(token: string): TokenHeader | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const header: unknown = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString());
    return typeof header === 'object' && header !== null && !Array.isArray(header) ? header : undefined;
  } catch {
    return undefined;
  }
}

/** Header parameters that would let the token choose its own key, or that jsonwebtoken ignores although it must not. */
const refusedParameters = ['jku', 'jwk', 'x5u', 'x5c', 'crit'];

function isAcceptable(header: TokenHeader, algorithm: string): boolean {
  if (header.alg !== algorithm || String(header.typ).toLowerCase() !== 'at+jwt') return false;
  if (refusedParameters.some((parameter) => Object.hasOwn(header, parameter))) return false;
  return algorithm === 'HS256' || /^[A-Za-z0-9_-]{1,64}$/.test(String(header.kid ?? ''));
}

function checkSignature(token: string, key: KeyObject, settings: IdentitySettings): JwtPayload | undefined {
  try {
    const payload = jwt.verify(token, key, {
      algorithms: [settings.ALGORITHM],
      issuer: settings.TOKEN_ISSUER,
      audience: settings.TOKEN_AUDIENCE,
      clockTolerance,
      maxAge: settings.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
    });
    return typeof payload === 'object' ? payload : undefined;
  } catch {
    return undefined;
  }
}

/** jsonwebtoken accepts a token without `exp` or with an `iat` in the future, so all claims are checked here once more. */
function callerOf(payload: JwtPayload | undefined, settings: IdentitySettings): Caller | undefined {
  const { sub, exp, iat, jti, sid } = (payload ?? {}) as Record<string, unknown>;
  if (typeof sub !== 'string' || !/^[1-9][0-9]{0,9}$/.test(sub) || Number(sub) > 2_147_483_647)
    return undefined;
  if (typeof exp !== 'number' || typeof iat !== 'number' || !Number.isFinite(exp) || !Number.isFinite(iat))
    return undefined;
  if (exp - iat > settings.ACCESS_TOKEN_EXPIRE_MINUTES * 60 || iat > Date.now() / 1000 + clockTolerance)
    return undefined;
  if (typeof jti !== 'string' || typeof sid !== 'string') return undefined;
  const account = accountOf(payload);
  return account && { ...account, userId: Number(sub), sessionId: sid, tokenId: jti, expiresAt: exp };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a token says of the account besides its id. The release before says nothing of it: such tokens speak for an ordinary user, until they expire. */
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
