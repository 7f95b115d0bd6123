import { processSettings, readSettings, type ProcessSettings } from '@agora/chassis';
import { identitySettings, type IdentitySettings } from '@agora/identity';
import { brokerSettings, type BrokerSettings } from '@agora/messaging';
import Joi from 'joi';

export interface GatewaySettings extends ProcessSettings, IdentitySettings, BrokerSettings {
  AUTH_URL: string;
  POSTS_URL: string;
  VOTES_URL: string;
  UPSTREAM_TIMEOUT_SECONDS: number;
  UPSTREAM_MAX_REQUESTS: number;
  VERSION: string;
}

/** Where a service is: scheme, host and port. A path would be lost, as paths come from the route table. */
const origin = Joi.string()
  .pattern(/^http:\/\/[^/?#@]+\/?$/)
  .required()
  .messages({ 'string.pattern.base': '{#label} must be like http://host:port' });

/** The gateway's settings; throws a SettingsError that lists what is missing or wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): GatewaySettings =>
  readSettings<GatewaySettings>(environment, {
    ...processSettings,
    ...identitySettings,
    ...brokerSettings,
    PORT: Joi.number().port().default(8000),
    INTERNAL_PORT: Joi.number().port().default(9000),
    AUTH_URL: origin,
    POSTS_URL: origin,
    VOTES_URL: origin,
    // Below the 30 s after which the server gives up a silent connection.
    UPSTREAM_TIMEOUT_SECONDS: Joi.number().min(0.1).max(25).default(10),
    UPSTREAM_MAX_REQUESTS: Joi.number().integer().min(1).default(1024),
    VERSION: Joi.string().default('development'),
  });
