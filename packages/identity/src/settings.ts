import { SettingsError, strongSecret, type ProcessSettings } from '@agora/process';
import Joi from 'joi';

/** How far ahead `LEGACY_TOKENS_UNTIL` may lie: revocations of those tokens must be remembered that long, and streams keep them no longer. */
export const legacyDays = 7;

/** Settings of every process that verifies access tokens, by their environment names; the issuer reads the same. */
export const identitySettings = {
  ALGORITHM: Joi.string().valid('ES256', 'RS256', 'HS256').default('ES256'),
  SECRET_KEY: strongSecret.when('ALGORITHM', { is: 'HS256', then: Joi.required() }),
  ALLOW_SHARED_SECRET: Joi.boolean().default(false),
  JWKS_URL: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .when('ALGORITHM', { not: 'HS256', then: Joi.required() }),
  JWKS_REFRESH_SECONDS: Joi.number().integer().min(1).max(300).default(60),
  TOKEN_ISSUER: Joi.string().default('agora'),
  TOKEN_AUDIENCE: Joi.string().default('agora'),
  ACCESS_TOKEN_EXPIRE_MINUTES: Joi.number().integer().min(5).max(60).default(15),
  LEGACY_SECRET_KEY: strongSecret,
  LEGACY_TOKENS_UNTIL: Joi.date()
    .iso()
    .custom((value: Date, { error }) =>
      value.getTime() > Date.now() + legacyDays * 86_400_000 ? error('legacy.far') : value,
    )
    .when('LEGACY_SECRET_KEY', { is: Joi.exist(), then: Joi.required(), otherwise: Joi.forbidden() })
    .messages({
      'legacy.far': `{#label} must be within ${legacyDays} days`,
      'any.unknown': '{#label} is of use only with LEGACY_SECRET_KEY',
    }),
};

/** Settings of every process that verifies access tokens: where revocations come from. */
export const revocationSettings = {
  REVOCATIONS_URL: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .required(),
  REVOCATIONS_SECRET: strongSecret.required(),
  REVOCATION_BLIND_SECONDS: Joi.number().integer().min(5).max(3_600).default(60),
};

export interface RevocationSettings {
  /** Where auth lists revocations; auth itself needs none. */
  REVOCATIONS_URL?: string;
  /** The secret for that address alone. */
  REVOCATIONS_SECRET: string;
  /** How long requests with a token are served while neither NATS nor auth can be asked for revocations. */
  REVOCATION_BLIND_SECONDS: number;
}

/** Settings of the services that may serve readers without a token. */
export const readerSettings = { PUBLIC_READS: Joi.boolean().default(false) };

export interface ReaderSettings {
  /** Whether published posts and users can be read without a token. */
  PUBLIC_READS: boolean;
}

export interface IdentitySettings {
  NODE_ENV: ProcessSettings['NODE_ENV'];
  ALGORITHM: 'ES256' | 'RS256' | 'HS256';
  SECRET_KEY?: string;
  ALLOW_SHARED_SECRET: boolean;
  JWKS_URL?: string;
  /** How old a verifier's copy of the published keys may be. */
  JWKS_REFRESH_SECONDS: number;
  TOKEN_ISSUER: string;
  TOKEN_AUDIENCE: string;
  ACCESS_TOKEN_EXPIRE_MINUTES: number;
  /** The HS256 secret of the replaced application's tokens. */
  LEGACY_SECRET_KEY?: string;
  /** The time from which its tokens are refused. */
  LEGACY_TOKENS_UNTIL?: Date;
}

/** Throws a SettingsError for HS256 in production: with a shared secret, every verifier can also sign. */
export function refuseSharedSecretInProduction(settings: IdentitySettings): void {
  if (settings.ALGORITHM === 'HS256' && settings.NODE_ENV === 'production' && !settings.ALLOW_SHARED_SECRET) {
    throw new SettingsError('ALGORITHM=HS256 is refused in production unless ALLOW_SHARED_SECRET=true');
  }
}
