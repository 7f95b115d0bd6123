import { processSettings, rate, readSettings, type ProcessSettings, type Rate } from '@agora/process';
import {
  identitySettings,
  readerSettings,
  revocationSettings,
  type IdentitySettings,
  type ReaderSettings,
  type RevocationSettings,
} from '@agora/identity';
import { brokerSettings, type BrokerSettings } from '@agora/messaging/reading';
import Joi from 'joi';
import { anyLocalPort } from './admit/cors.js';
import type { Rates } from './limits/policies.js';
import { services, type Service } from './routes.js';

/** Where each service is, as `AUTH_URL` and so on. */
type ServiceUrls = Record<`${Uppercase<Service>}_URL`, string>;

export interface GatewaySettings
  extends ProcessSettings, IdentitySettings, ReaderSettings, RevocationSettings, BrokerSettings, ServiceUrls {
  UPSTREAM_TIMEOUT_SECONDS: number;
  UPSTREAM_MAX_REQUESTS: number;
  LIVE_STREAMS_MAX: number;
  LIVE_STREAMS_PER_USER: number;
  LIVE_STREAMS_PER_ADDRESS: number;
  /** Whether large answers are compressed for clients that accept it. */
  COMPRESS_ANSWERS: boolean;
  /** Where clients reach Agora; undefined: wherever they find the OpenAPI document. */
  PUBLIC_URL?: string;
  VERSION: string;
  TRUSTED_PROXY_HOPS: number;
  CORS_ALLOWED_ORIGINS: string[];
  RATE_LIMIT_ADDRESS: Rate;
  RATE_LIMIT_LOGIN: Rate;
  RATE_LIMIT_REGISTRATION: Rate;
  RATE_LIMIT_REFRESH: Rate;
  RATE_LIMIT_USER: Rate;
  RATE_LIMIT_WRITES: Rate;
}

/** The origin of a service: scheme, host and port. A path would be ignored, because paths come from the route table. */
const origin = Joi.string()
  .pattern(/^http:\/\/[^/?#@]+\/?$/)
  .required()
  .messages({ 'string.pattern.base': '{#label} must be like http://host:port' });

/** The setting that says where a service is. */
export const urlSetting = (service: Service) => `${service.toUpperCase()}_URL` as keyof ServiceUrls;

/** Any other `*` would look like a pattern, and match nothing. */
const isOrigin = (text: string): boolean =>
  text === anyLocalPort || (URL.canParse(text) && new URL(text).origin === text && !text.includes('*'));

/** Origins as browsers send them, with commas between. */
const origins = Joi.string()
  .custom((value: string, { error }) => {
    const list = value.split(',').map((each) => each.trim());
    return list.every(isOrigin) ? list : error('origins');
  })
  .default([])
  .messages({ origins: '{#label} must be origins like https://app.example, with commas between' });

/** The gateway's settings; throws a SettingsError that lists what is missing or wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): GatewaySettings =>
  readSettings<GatewaySettings>(environment, {
    ...processSettings,
    ...identitySettings,
    ...revocationSettings,
    ...readerSettings,
    ...brokerSettings,
    PORT: Joi.number().port().default(8000),
    INTERNAL_PORT: Joi.number().port().default(9000),
    ...(Object.fromEntries(services.map((service) => [urlSetting(service), origin])) as Record<
      keyof ServiceUrls,
      Joi.StringSchema
    >),
    // Below the 30 s after which the server gives up a silent connection.
    UPSTREAM_TIMEOUT_SECONDS: Joi.number().min(0.1).max(25).default(10),
    UPSTREAM_MAX_REQUESTS: Joi.number().integer().min(1).default(1024),
    LIVE_STREAMS_MAX: Joi.number().integer().min(1).max(10_000).default(2_000),
    LIVE_STREAMS_PER_USER: Joi.number().integer().min(1).default(10),
    LIVE_STREAMS_PER_ADDRESS: Joi.number().integer().min(1).default(500),
    COMPRESS_ANSWERS: Joi.boolean().default(true),
    PUBLIC_URL: Joi.string().uri({ scheme: ['http', 'https'] }),
    VERSION: Joi.string().default('development'),
    TRUSTED_PROXY_HOPS: Joi.number().integer().min(0).max(10).default(0),
    CORS_ALLOWED_ORIGINS: origins,
    RATE_LIMIT_ADDRESS: rate({ limit: 300, seconds: 60 }),
    RATE_LIMIT_LOGIN: rate({ limit: 30, seconds: 60 }),
    RATE_LIMIT_REGISTRATION: rate({ limit: 20, seconds: 3_600 }),
    RATE_LIMIT_REFRESH: rate({ limit: 60, seconds: 60 }),
    RATE_LIMIT_USER: rate({ limit: 600, seconds: 60 }),
    RATE_LIMIT_WRITES: rate({ limit: 120, seconds: 60 }),
  });

/** The rate of each policy. */
export const ratesOf = (settings: GatewaySettings): Rates => ({
  address: settings.RATE_LIMIT_ADDRESS,
  login: settings.RATE_LIMIT_LOGIN,
  registration: settings.RATE_LIMIT_REGISTRATION,
  refresh: settings.RATE_LIMIT_REFRESH,
  user: settings.RATE_LIMIT_USER,
  writes: settings.RATE_LIMIT_WRITES,
});
