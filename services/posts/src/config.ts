import type { InternalAddress } from '@agora/http';
import { processSettings, readSettings, strongSecret, type ProcessSettings } from '@agora/process';
import { databaseSettings, replicaSettings, type DatabaseSettings } from '@agora/database';
import {
  identitySettings,
  readerSettings,
  revocationSettings,
  type IdentitySettings,
  type ReaderSettings,
  type RevocationSettings,
} from '@agora/identity';
import { brokerSettings, type BrokerSettings } from '@agora/messaging';
import { importSettings, type ImportSettings } from '@agora/monolith/settings';
import Joi from 'joi';

export interface Config
  extends
    ProcessSettings,
    DatabaseSettings,
    BrokerSettings,
    IdentitySettings,
    ReaderSettings,
    RevocationSettings {
  /** Where auth answers other services, such as `http://auth:9001`. */
  AUTH_INTERNAL_URL: string;
  /** What auth asks other services for. */
  AUTH_INTERNAL_SECRET: string;
  /** Where votes answers other services, and what it asks them for. */
  VOTES_INTERNAL_URL: string;
  VOTES_INTERNAL_SECRET: string;
  /** What other services must know to ask for a post. */
  INTERNAL_SECRET: string;
  /** Whether only users with a confirmed e-mail address may write. */
  REQUIRE_CONFIRMED_EMAIL: boolean;
  /** Whether authors' addresses are public, as in the application that Agora replaces; auth must have the same setting. */
  PUBLIC_EMAILS: boolean;
  /** How many streams of the feed may be open in this process. */
  LIVE_STREAMS_MAX: number;
  /** Signs the cursors of lists; replicas share it. */
  CURSOR_SECRET: string;
}

const origin = Joi.string().uri({ scheme: ['http', 'https'] });

/** The settings of posts; throws a SettingsError that says what is wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): Config =>
  readSettings<Config>(environment, {
    ...processSettings,
    ...databaseSettings,
    ...replicaSettings,
    ...brokerSettings,
    ...identitySettings,
    ...revocationSettings,
    ...readerSettings,
    PORT: Joi.number().port().default(8002),
    INTERNAL_PORT: Joi.number().port().default(9002),
    AUTH_INTERNAL_URL: origin.required(),
    AUTH_INTERNAL_SECRET: strongSecret.required(),
    VOTES_INTERNAL_URL: origin.required(),
    VOTES_INTERNAL_SECRET: strongSecret.required(),
    INTERNAL_SECRET: strongSecret.required(),
    REQUIRE_CONFIRMED_EMAIL: Joi.boolean().default(false),
    CURSOR_SECRET: strongSecret.required(),
    LIVE_STREAMS_MAX: Joi.number().integer().min(1).max(20_000).default(3_000),
    PUBLIC_EMAILS: Joi.boolean().default(false),
  });

export interface ProjectionsConfig {
  AUTH_INTERNAL_URL: string;
  AUTH_INTERNAL_SECRET: string;
}

const projectionsSettings = {
  AUTH_INTERNAL_URL: origin.required(),
  AUTH_INTERNAL_SECRET: strongSecret.required(),
};

/** Whom the rebuilding of projections asks; it reads the settings of the database too. */
export const readProjectionsConfig = (environment: NodeJS.ProcessEnv = process.env): ProjectionsConfig =>
  readSettings<ProjectionsConfig>(environment, projectionsSettings);

export interface AuditConfig extends ProjectionsConfig {
  /** Where votes answers other services, and what it asks them for. */
  VOTES_INTERNAL_URL: string;
  VOTES_INTERNAL_SECRET: string;
}

/** Whom the audit asks, likewise. */
export const readAuditConfig = (environment: NodeJS.ProcessEnv = process.env): AuditConfig =>
  readSettings<AuditConfig>(environment, {
    ...projectionsSettings,
    VOTES_INTERNAL_URL: origin.required(),
    VOTES_INTERNAL_SECRET: strongSecret.required(),
  });

/** The internal port of auth. */
export const authAt = (
  config: Pick<Config, 'AUTH_INTERNAL_URL' | 'AUTH_INTERNAL_SECRET'>,
): InternalAddress => ({
  origin: config.AUTH_INTERNAL_URL,
  secret: config.AUTH_INTERNAL_SECRET,
});

/** The internal port of votes. */
export const votesAt = (
  config: Pick<Config, 'VOTES_INTERNAL_URL' | 'VOTES_INTERNAL_SECRET'>,
): InternalAddress => ({
  origin: config.VOTES_INTERNAL_URL,
  secret: config.VOTES_INTERNAL_SECRET,
});

/** The settings of the import from the old application. */
export const readImportConfig = (environment: NodeJS.ProcessEnv = process.env): ImportSettings =>
  readSettings<ImportSettings>(environment, importSettings);
