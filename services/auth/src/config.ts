import { processSettings, readSettings, strongSecret, type ProcessSettings } from '@agora/chassis';
import { databaseSettings, type DatabaseSettings } from '@agora/database';
import { identitySettings, type IdentitySettings } from '@agora/identity';
import { brokerSettings, type BrokerSettings } from '@agora/messaging';
import Joi from 'joi';

export interface Config extends ProcessSettings, DatabaseSettings, BrokerSettings, IdentitySettings {
  /** Encrypts the signing keys in the database. */
  SIGNING_KEY_SECRET?: string;
  /** A private key in PEM, instead of keys in the database; as `SIGNING_KEY_FILE` the path of it. */
  SIGNING_KEY?: string;
  BCRYPT_COST: number;
  BCRYPT_CONCURRENCY: number;
  BCRYPT_QUEUE_LIMIT: number;
  PASSWORD_MIN_LENGTH: number;
  REFRESH_REUSE_GRACE_SECONDS: number;
}

/** The settings of auth; throws a SettingsError that says what is wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): Config =>
  readSettings<Config>(environment, {
    ...processSettings,
    ...databaseSettings,
    ...brokerSettings,
    ...identitySettings,
    PORT: Joi.number().port().default(8001),
    INTERNAL_PORT: Joi.number().port().default(9001),
    // auth holds the keys itself.
    JWKS_URL: Joi.any().strip(),
    SIGNING_KEY: Joi.string(),
    SIGNING_KEY_SECRET: strongSecret.when('ALGORITHM', {
      not: 'HS256',
      then: Joi.when('SIGNING_KEY', { not: Joi.exist(), then: Joi.required() }),
    }),
    BCRYPT_COST: Joi.number().integer().min(10).max(15).default(12),
    BCRYPT_CONCURRENCY: Joi.number().integer().min(1).max(16).default(2),
    BCRYPT_QUEUE_LIMIT: Joi.number().integer().min(0).max(1_000).default(32),
    PASSWORD_MIN_LENGTH: Joi.number().integer().min(8).max(64).default(8),
    REFRESH_REUSE_GRACE_SECONDS: Joi.number().min(0).max(60).default(0),
  });

/** The settings of the migrations alone. */
export const readMigrationConfig = (environment: NodeJS.ProcessEnv): DatabaseSettings =>
  readSettings<DatabaseSettings>(environment, databaseSettings);
