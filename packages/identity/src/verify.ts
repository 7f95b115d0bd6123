import type { KeyObject } from 'node:crypto';
import type { Logger } from '@agora/process';
import jwt, { type JwtPayload } from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.js';
import { readClaims, type Claims } from './claims.js';
import { remoteKeySet, sharedSecret, type KeySet } from './key-set.js';
import { legacyTokens } from './legacy-tokens.js';
import type { Revocations } from './revocations.js';
import { clockTolerance, judgeTimes } from './token-times.js';
import { refuseSharedSecretInProduction, type IdentitySettings } from './settings.js';

export interface Verifier {
  /**
   * The caller that an access token speaks for; undefined when the token is bad. Rejects with a KeysUnavailable when no key could be
   * loaded yet, and with a RevocationsUnknown while this process can't know whether it was revoked.
   */
  verify(token: string): Promise<Caller | undefined>;
  /** Whether a caller is still accepted: the token has not expired and the session has not ended. */
  isStillGood(caller: Caller): boolean;
  /** Whether tokens can be verified. */
  isReady(): boolean;
  stop(): Promise<void>;
}

/** No key was ever loaded: no token can be verified. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** This process does not know whether tokens were revoked. */
export class RevocationsUnknown extends Error {
  override readonly name = 'RevocationsUnknown';
}

const maxTokenBytes = 4096;

/**
 * Verifies access tokens (RFC 9068, with the precautions of RFC 8725), by the keys that the settings name unless others are given. Results
 * are cached by the exact token; its times, its revocation, and that its key is still accepted are checked every time.
 */
export function createVerifier(
  settings: IdentitySettings,
  logger: Logger,
  revocations: Pick<Revocations, 'isRevoked' | 'areKnown'>,
  keys: KeySet = keySetOf(settings, logger),
): Verifier {
  refuseSharedSecretInProduction(settings);
  const verifyLegacy = legacyTokens(settings);
  const isTimely = judgeTimes(logger);
  const verified = new LRUCache<string, Claims & { kid: string | undefined }>({ max: 10_000 });
  return {
    async verify(token) {
      if (!revocations.areKnown()) throw new RevocationsUnknown('not all revocations are known');
      const known = verified.get(token);
      const legacy = known ? undefined : verifyLegacy(token);
      if (legacy) return revocations.isRevoked(legacy) ? undefined : legacy;
      // A token is valid only as long as its key: a retired key is no longer in the key set.
      if (known && !(await keys.find(known.kid))) return undefined;
      const claims = known ?? (await verifyToken(token, keys, settings));
      if (!claims || !isTimely(claims) || revocations.isRevoked(claims.caller)) return undefined;
      if (!known) verified.set(token, { ...claims, kid: headerOf(token)?.kid });
      return claims.caller;
    },
    isStillGood: (caller) =>
      revocations.areKnown() && caller.expiresAt * 1_000 > Date.now() && !revocations.isRevoked(caller),
    isReady: () => keys.isLoaded() && revocations.areKnown(),
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
): Promise<Claims | undefined> {
  if (token.length > maxTokenBytes) return undefined;
  const header = headerOf(token);
  if (!header || !isAcceptable(header, settings.ALGORITHM)) return undefined;
  const key = await keys.find(header.kid);
  if (!keys.isLoaded()) throw new KeysUnavailable('no key to verify tokens with');
  return key && readClaims(checkSignature(token, key, settings), settings);
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
