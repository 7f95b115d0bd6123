import {
  processSettings,
  rate,
  readSettings,
  strongSecret,
  type ProcessSettings,
  type Rate,
} from '@agora/chassis';
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
  PASSWORD_BLOCKLIST: boolean;
  /** Of one account, from one address. */
  LOGIN_FAILURES_PER_ACCOUNT: Rate;
  /** Of one account from all addresses, in the same time: past it, only addresses that are known for it may try. */
  LOGIN_FAILURES_CEILING: number;
  LOGIN_FAILURES_PER_ADDRESS: Rate;
  REGISTRATIONS_PER_ADDRESS: Rate;
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
    PASSWORD_BLOCKLIST: Joi.boolean().when('NODE_ENV', {
      is: 'production',
      then: Joi.boolean().default(true),
      otherwise: Joi.boolean().default(false),
    }),
    LOGIN_FAILURES_PER_ACCOUNT: rate({ limit: 10, seconds: 900 }),
    LOGIN_FAILURES_CEILING: Joi.number().integer().min(1).max(10_000).default(100),
    LOGIN_FAILURES_PER_ADDRESS: rate({ limit: 100, seconds: 3_600 }),
    REGISTRATIONS_PER_ADDRESS: rate({ limit: 20, seconds: 3_600 }),
  });

/** The settings of the migrations alone. */
export const readMigrationConfig = (environment: NodeJS.ProcessEnv): DatabaseSettings =>
  readSettings<DatabaseSettings>(environment, databaseSettings);
