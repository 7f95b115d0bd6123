import { processSettings, readSettings, type ProcessSettings } from '@agora/chassis';
import { databaseSettings, type DatabaseSettings } from '@agora/database';
import { identitySettings, type IdentitySettings } from '@agora/identity';
import { brokerSettings, type BrokerSettings } from '@agora/messaging';
import Joi from 'joi';

export interface Config extends ProcessSettings, DatabaseSettings, BrokerSettings, IdentitySettings {
  /** Where auth answers other services, such as `http://auth:9001`. */
  AUTH_INTERNAL_URL: string;
}

const origin = Joi.string().uri({ scheme: ['http', 'https'] });

/** The settings of posts; throws a SettingsError that says what is wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): Config =>
  readSettings<Config>(environment, {
    ...processSettings,
    ...databaseSettings,
    ...brokerSettings,
    ...identitySettings,
    PORT: Joi.number().port().default(8002),
    INTERNAL_PORT: Joi.number().port().default(9002),
    AUTH_INTERNAL_URL: origin.required(),
  });

export interface AuditConfig {
  AUTH_INTERNAL_URL: string;
  /** Where votes answers other services. */
  VOTES_INTERNAL_URL: string;
}

/** Whom the audit asks; it reads the settings of the database too. */
export const readAuditConfig = (environment: NodeJS.ProcessEnv = process.env): AuditConfig =>
  readSettings<AuditConfig>(environment, {
    AUTH_INTERNAL_URL: origin.required(),
    VOTES_INTERNAL_URL: origin.required(),
  });

/** Whom the rebuilding of projections asks. */
export const readProjectionsConfig = (
  environment: NodeJS.ProcessEnv = process.env,
): Pick<AuditConfig, 'AUTH_INTERNAL_URL'> =>
  readSettings<Pick<AuditConfig, 'AUTH_INTERNAL_URL'>>(environment, { AUTH_INTERNAL_URL: origin.required() });

/** The settings of the migrations alone. */
export const readMigrationConfig = (environment: NodeJS.ProcessEnv): DatabaseSettings =>
  readSettings<DatabaseSettings>(environment, databaseSettings);
