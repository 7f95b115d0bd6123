import type { InternalAddress } from '@agora/http';
import { processSettings, readSettings, strongSecret, type ProcessSettings } from '@agora/process';
import { databaseSettings, replicaSettings, type DatabaseSettings } from '@agora/database';
import {
  identitySettings,
  revocationSettings,
  type IdentitySettings,
  type RevocationSettings,
} from '@agora/identity';
import { brokerSettings, type BrokerSettings } from '@agora/messaging';
import { importSettings, type ImportSettings } from '@agora/monolith/settings';
import Joi from 'joi';

export interface Config
  extends ProcessSettings, DatabaseSettings, BrokerSettings, IdentitySettings, RevocationSettings {
  /** Where auth answers other services, such as `http://auth:9001`, and what it asks them for. */
  AUTH_INTERNAL_URL: string;
  AUTH_INTERNAL_SECRET: string;
  /** Where posts answers other services, such as `http://posts:9002`. */
  POSTS_INTERNAL_URL: string;
  /** What posts asks other services for. */
  POSTS_INTERNAL_SECRET: string;
  /** What other services must know to ask about votes. */
  INTERNAL_SECRET: string;
  /** Whether only users with a confirmed e-mail address may write. */
  REQUIRE_CONFIRMED_EMAIL: boolean;
}

const origin = Joi.string().uri({ scheme: ['http', 'https'] });

/** The settings of votes; throws a SettingsError that says what is wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): Config =>
  readSettings<Config>(environment, {
    ...processSettings,
    ...databaseSettings,
    ...replicaSettings,
    ...brokerSettings,
    ...identitySettings,
    ...revocationSettings,
    PORT: Joi.number().port().default(8003),
    INTERNAL_PORT: Joi.number().port().default(9003),
    AUTH_INTERNAL_URL: origin.required(),
    AUTH_INTERNAL_SECRET: strongSecret.required(),
    POSTS_INTERNAL_URL: origin.required(),
    POSTS_INTERNAL_SECRET: strongSecret.required(),
    INTERNAL_SECRET: strongSecret.required(),
    REQUIRE_CONFIRMED_EMAIL: Joi.boolean().default(false),
  });

export interface AuditConfig {
  /** Where auth answers other services, and what it asks them for. */
  AUTH_INTERNAL_URL: string;
  AUTH_INTERNAL_SECRET: string;
  POSTS_INTERNAL_URL: string;
  POSTS_INTERNAL_SECRET: string;
}

/** Whom the audit and the rebuilding of projections ask; they read the settings of the database too. */
export const readAuditConfig = (environment: NodeJS.ProcessEnv = process.env): AuditConfig =>
  readSettings<AuditConfig>(environment, {
    AUTH_INTERNAL_URL: origin.required(),
    AUTH_INTERNAL_SECRET: strongSecret.required(),
    POSTS_INTERNAL_URL: origin.required(),
    POSTS_INTERNAL_SECRET: strongSecret.required(),
  });

/** The internal port of auth. */
export const authAt = (
  config: Pick<Config, 'AUTH_INTERNAL_URL' | 'AUTH_INTERNAL_SECRET'>,
): InternalAddress => ({
  origin: config.AUTH_INTERNAL_URL,
  secret: config.AUTH_INTERNAL_SECRET,
});

/** The internal port of posts. */
export const postsAt = (
  config: Pick<Config, 'POSTS_INTERNAL_URL' | 'POSTS_INTERNAL_SECRET'>,
): InternalAddress => ({
  origin: config.POSTS_INTERNAL_URL,
  secret: config.POSTS_INTERNAL_SECRET,
});

/** The settings of the import from the old application. */
export const readImportConfig = (environment: NodeJS.ProcessEnv = process.env): ImportSettings =>
  readSettings<ImportSettings>(environment, importSettings);
