import { createHash, createSecretKey } from 'node:crypto';
import jwt, { type JwtPayload } from 'jsonwebtoken';
import type { Caller } from './caller.js';
import type { IdentitySettings } from './settings.js';

type LegacySettings = Pick<IdentitySettings, 'LEGACY_SECRET_KEY' | 'LEGACY_TOKENS_UNTIL'>;

/** Whether tokens of the replaced application are accepted now. */
export const acceptsLegacyTokens = ({ LEGACY_TOKENS_UNTIL: until }: LegacySettings): boolean =>
  until !== undefined && until.getTime() > Date.now();

const prefix = '00000000-0000-8000-8000-';

/** The session of all tokens that the replaced application gave a user: they name none, and end together. */
export const legacySessionOf = (userId: number): string => prefix + userId.toString(16).padStart(12, '0');
export const isLegacySession = (sessionId: string): boolean => sessionId.startsWith(prefix);

/** Returns a function that verifies tokens of the replaced application: HS256, with only `user_id` and `exp`. It accepts none after the configured date, nor without the settings. */
export function legacyTokens(settings: LegacySettings): (token: string) => Caller | undefined {
  const { LEGACY_SECRET_KEY: secret, LEGACY_TOKENS_UNTIL: until } = settings;
  if (!secret || !until) return () => undefined;
  const key = createSecretKey(secret, 'utf8');
  return (token) => {
    if (!acceptsLegacyTokens(settings)) return undefined;
    try {
      const verified = jwt.verify(token, key, { algorithms: ['HS256'], complete: true });
      if (!hasExactly(verified.header, ['alg', 'typ']) || verified.header.typ !== 'JWT') return undefined;
      const { user_id: userId, exp } = claimsOf(verified.payload) ?? {};
      if (!isUserId(userId) || typeof exp !== 'number' || !Number.isFinite(exp)) return undefined;
      return {
        userId,
        sessionId: legacySessionOf(userId),
        sessionNumber: 0,
        role: 'user',
        emailVerified: false,
        tokenId: createHash('sha256').update(token).digest('base64url'),
        expiresAt: Math.min(exp, until.getTime() / 1_000),
      };
    } catch {
      return undefined;
    }
  };
}

const claimsOf = (payload: JwtPayload | string) =>
  hasExactly(payload, ['exp', 'user_id']) ? (payload as Record<string, unknown>) : undefined;

const hasExactly = (value: unknown, names: string[]): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).toSorted().join() === names.join();

const isUserId = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 2_147_483_647;
