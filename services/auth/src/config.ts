import type { InternalAddress } from '@agora/http';
import {
  processSettings,
  rate,
  readSettings,
  strongSecret,
  type ProcessSettings,
  type Rate,
} from '@agora/process';
import { databaseSettings, type DatabaseSettings } from '@agora/database';
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
import { notices, type Notice } from './mail/kinds.js';

export interface Config
  extends
    ProcessSettings,
    DatabaseSettings,
    BrokerSettings,
    IdentitySettings,
    ReaderSettings,
    RevocationSettings {
  /** What other services must know to ask for an account. */
  INTERNAL_SECRET: string;
  /** Where posts and votes answer other services, and what each asks them for: exports show what they keep. */
  POSTS_INTERNAL_URL: string;
  POSTS_INTERNAL_SECRET: string;
  VOTES_INTERNAL_URL: string;
  VOTES_INTERNAL_SECRET: string;
  /** Encrypts the signing keys and the second factors in the database. */
  SIGNING_KEY_SECRET: string;
  /** A private key in PEM, instead of keys in the database; as `SIGNING_KEY_FILE` the path of it. */
  SIGNING_KEY?: string;
  /** A public or private key in PEM that is published and accepted beside `SIGNING_KEY`, and never signs. */
  SIGNING_KEY_PREVIOUS?: string;
  /** How long a new key in the database is published before it signs. */
  KEY_ACTIVATION_DELAY_SECONDS: number;
  BCRYPT_COST: number;
  BCRYPT_CONCURRENCY: number;
  BCRYPT_QUEUE_LIMIT: number;
  PASSWORD_MIN_LENGTH: number;
  REFRESH_REUSE_GRACE_SECONDS: number;
  PASSWORD_BLOCKLIST: boolean;
  /** Whether everybody sees the addresses of accounts, as in the replaced application. */
  PUBLIC_EMAILS: boolean;
  /** Of one account, from one address. */
  LOGIN_FAILURES_PER_ACCOUNT: Rate;
  /** Of one account from all addresses, in the same time: past it, only addresses that are known for it may try. */
  LOGIN_FAILURES_CEILING: number;
  LOGIN_FAILURES_PER_ADDRESS: Rate;
  REGISTRATIONS_PER_ADDRESS: Rate;
  /** Of one e-mail address, whether it has an account or not, and from one client's address. */
  PASSWORD_RESETS_PER_ACCOUNT: Rate;
  PASSWORD_RESETS_PER_ADDRESS: Rate;
  CONFIRMATION_MAILS_PER_ACCOUNT: Rate;
  EMAIL_CHANGES_PER_ACCOUNT: Rate;
  /** Where mail is handed over: `smtp://` or `smtps://`, with user and password where it takes them. */
  SMTP_URL: string;
  /** Whom mail is from, such as `Agora <no-reply@agora.example>`. */
  MAIL_FROM: string;
  /** The page that the links in mails open: it finds `#<purpose>=<token>` and calls the endpoint. */
  MAIL_LINK_BASE: string;
  /** Which notices are mailed. */
  MAIL_NOTICES: Notice[];
  /** A folder with templates in place of ours. */
  MAIL_TEMPLATES?: string;
}

const origin = Joi.string().uri({ scheme: ['http', 'https'] });

const signingKeySettings = {
  SIGNING_KEY: Joi.string(),
  SIGNING_KEY_SECRET: strongSecret.when('ALGORITHM', {
    not: 'HS256',
    then: Joi.when('SIGNING_KEY', { not: Joi.exist(), then: Joi.required() }),
  }),
};

const mailSettings = {
  SMTP_URL: Joi.string()
    .uri({ scheme: ['smtp', 'smtps'] })
    .required(),
  MAIL_FROM: Joi.string().pattern(/@/, 'an address').required(),
  MAIL_LINK_BASE: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .pattern(/^[^#]*$/, 'a URL without #')
    .required(),
  MAIL_NOTICES: Joi.string()
    .custom((value: string, { error }) => readNotices(value) ?? error('notices.unknown'))
    .default([...notices])
    .messages({ 'notices.unknown': `{#label} must be none, or some of ${notices.join(',')}` }),
  MAIL_TEMPLATES: Joi.string(),
};

function readNotices(value: string): Notice[] | undefined {
  if (value === 'none') return [];
  const named = value.split(',').map((each) => each.trim());
  const known = notices.filter((notice) => named.includes(notice));
  return known.length === named.length ? known : undefined;
}

const exportSettings = {
  POSTS_INTERNAL_URL: origin.required(),
  POSTS_INTERNAL_SECRET: strongSecret.required(),
  VOTES_INTERNAL_URL: origin.required(),
  VOTES_INTERNAL_SECRET: strongSecret.required(),
};

/** The settings of auth; throws a SettingsError that says what is wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): Config =>
  readSettings<Config>(environment, {
    ...processSettings,
    ...databaseSettings,
    ...brokerSettings,
    ...identitySettings,
    ...revocationSettings,
    ...readerSettings,
    PORT: Joi.number().port().default(8001),
    INTERNAL_PORT: Joi.number().port().default(9001),
    INTERNAL_SECRET: strongSecret.required(),
    ...exportSettings,
    // auth holds the keys and the revocations itself.
    JWKS_URL: Joi.any().strip(),
    REVOCATIONS_URL: Joi.any().strip(),
    ...signingKeySettings,
    SIGNING_KEY_SECRET: strongSecret.required(),
    SIGNING_KEY_PREVIOUS: Joi.string()
      .when('SIGNING_KEY', { not: Joi.exist(), then: Joi.forbidden() })
      .messages({ 'any.unknown': '{#label} is of use only with SIGNING_KEY' }),
    // A verifier that fetched the keys just before this one was made must have it when it signs.
    KEY_ACTIVATION_DELAY_SECONDS: Joi.number()
      .integer()
      .min(Joi.ref('JWKS_REFRESH_SECONDS'))
      .max(86_400)
      .default(360)
      .messages({ 'number.min': '{#label} must not be less than JWKS_REFRESH_SECONDS' }),
    BCRYPT_COST: Joi.number().integer().min(10).max(15).default(12),
    BCRYPT_CONCURRENCY: Joi.number().integer().min(1).max(16).default(2),
    BCRYPT_QUEUE_LIMIT: Joi.number().integer().min(0).max(1_000).default(256),
    PASSWORD_MIN_LENGTH: Joi.number().integer().min(8).max(64).default(8),
    REFRESH_REUSE_GRACE_SECONDS: Joi.number().min(0).max(60).default(0),
    PASSWORD_BLOCKLIST: Joi.boolean().default(true),
    PUBLIC_EMAILS: Joi.boolean().default(false),
    LOGIN_FAILURES_PER_ACCOUNT: rate({ limit: 10, seconds: 900 }),
    LOGIN_FAILURES_CEILING: Joi.number().integer().min(1).max(10_000).default(100),
    LOGIN_FAILURES_PER_ADDRESS: rate({ limit: 100, seconds: 3_600 }),
    REGISTRATIONS_PER_ADDRESS: rate({ limit: 20, seconds: 3_600 }),
    PASSWORD_RESETS_PER_ACCOUNT: rate({ limit: 3, seconds: 3_600 }),
    PASSWORD_RESETS_PER_ADDRESS: rate({ limit: 20, seconds: 3_600 }),
    CONFIRMATION_MAILS_PER_ACCOUNT: rate({ limit: 3, seconds: 3_600 }),
    EMAIL_CHANGES_PER_ACCOUNT: rate({ limit: 10, seconds: 3_600 }),
    ...mailSettings,
  });

export type KeysConfig = DatabaseSettings &
  Pick<Config, 'ALGORITHM' | 'ACCESS_TOKEN_EXPIRE_MINUTES' | 'SIGNING_KEY'> &
  Partial<Pick<Config, 'SIGNING_KEY_SECRET'>>;

/** The settings of the command that rotates keys; auth's settings include them. */
export const readKeysConfig = (environment: NodeJS.ProcessEnv = process.env): KeysConfig =>
  readSettings<KeysConfig>(environment, {
    ...databaseSettings,
    ALGORITHM: identitySettings.ALGORITHM,
    ACCESS_TOKEN_EXPIRE_MINUTES: identitySettings.ACCESS_TOKEN_EXPIRE_MINUTES,
    ...signingKeySettings,
  });

type ExportConfig = Pick<
  Config,
  'POSTS_INTERNAL_URL' | 'POSTS_INTERNAL_SECRET' | 'VOTES_INTERNAL_URL' | 'VOTES_INTERNAL_SECRET'
>;

/** The internal ports of the services that store a user's data. */
export interface ExportSources {
  posts: InternalAddress;
  votes: InternalAddress;
}

/** Whom an export asks. */
export const exportSourcesOf = (config: ExportConfig): ExportSources => ({
  posts: { origin: config.POSTS_INTERNAL_URL, secret: config.POSTS_INTERNAL_SECRET },
  votes: { origin: config.VOTES_INTERNAL_URL, secret: config.VOTES_INTERNAL_SECRET },
});

/** The settings of the command for accounts; auth's settings include them. */
export const readAccountsConfig = (environment: NodeJS.ProcessEnv = process.env) =>
  readSettings<DatabaseSettings & Pick<Config, 'MAIL_NOTICES'>>(environment, {
    ...databaseSettings,
    MAIL_NOTICES: mailSettings.MAIL_NOTICES,
  });

/** Whom its exports ask. */
export const readExportSources = (environment: NodeJS.ProcessEnv = process.env): ExportSources =>
  exportSourcesOf(readSettings<ExportConfig>(environment, exportSettings));

/** The settings of the import from the old application. */
export const readImportConfig = (environment: NodeJS.ProcessEnv = process.env): ImportSettings =>
  readSettings<ImportSettings>(environment, importSettings);
