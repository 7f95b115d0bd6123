import { readFileSync } from 'node:fs';
import Joi from 'joi';

/** What every process reads, by its environment names. */
export const processSettings = {
  NODE_ENV: Joi.string().valid('development', 'test', 'production').default('development'),
  LOG_LEVEL: Joi.string().valid('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('info'),
  HOST: Joi.string().default('0.0.0.0'),
  PORT: Joi.number().port().required(),
  INTERNAL_PORT: Joi.number().port().required(),
  SHUTDOWN_TIMEOUT_SECONDS: Joi.number().min(1).max(120).default(8),
  SHUTDOWN_NOTICE_SECONDS: Joi.number().min(0).max(60).default(3),
  OTEL_EXPORTER_OTLP_ENDPOINT: Joi.string().uri({ scheme: ['http', 'https'] }),
  OTEL_TRACES_SAMPLER_ARG: Joi.number().min(0).max(1).default(1),
};

export interface ProcessSettings {
  NODE_ENV: 'development' | 'test' | 'production';
  LOG_LEVEL: string;
  HOST: string;
  PORT: number;
  INTERNAL_PORT: number;
  SHUTDOWN_TIMEOUT_SECONDS: number;
  /** How long it keeps serving after SIGTERM: longer than the gateway keeps an idle connection. */
  SHUTDOWN_NOTICE_SECONDS: number;
  /** Where an OTLP receiver takes spans; without it nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  /** The share of the traces started in this process that are exported. */
  OTEL_TRACES_SAMPLER_ARG: number;
}

/** A secret that no one can guess: at least 32 characters, and none that is printed in an example. */
export const strongSecret = Joi.string()
  .min(32)
  // From FastAPI's tutorial, and so in many an application.
  .invalid('09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7')
  .custom((value: string, { error }) =>
    /change|example|sample|secret|your[-_ ]|password/i.test(value) ? error('secret.sample') : value,
  )
  .messages({
    'string.min': '{#label} must have at least 32 characters',
    'any.invalid': '{#label} is printed in a tutorial; set a random one',
    'secret.sample': '{#label} looks like a sample value; set a random one',
  });

/** At most `limit` in `seconds`. */
export interface Rate {
  limit: number;
  seconds: number;
}

/** A setting such as `300/60`: at most 300 in 60 seconds, which may be a day at most. */
export const rate = (fallback: Rate) =>
  Joi.string()
    .custom((value: string, { error }) => readRate(value) ?? error('rate.shape'))
    .default(fallback)
    .messages({ 'rate.shape': '{#label} must be like 300/60: how many in how many seconds' });

function readRate(value: string): Rate | undefined {
  const [, limit, seconds] = /^([1-9]\d{0,8})\/([1-9]\d{0,4})$/.exec(value) ?? [];
  return Number(seconds) <= 86_400 ? { limit: Number(limit), seconds: Number(seconds) } : undefined;
}

/** The settings cannot be used; the message says all that is wrong with them, and no values. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Reads settings from environment variables, with defaults; any `X` may be given as `X_FILE`, the path of a file that holds it.
 * Throws a SettingsError that lists every missing or bad one.
 */
export function readSettings<Settings>(
  environment: NodeJS.ProcessEnv,
  schema: Joi.PartialSchemaMap<Settings>,
): Settings {
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema)) {
    const value = readSetting(environment, name);
    if (value !== undefined && value !== '') values[name] = value;
  }
  const { value, error } = Joi.object<Settings>(schema).validate(values, {
    abortEarly: false,
    errors: { wrap: { label: false } },
  });
  if (error) throw new SettingsError(error.details.map((detail) => detail.message).join('; '));
  return value;
}

function readSetting(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const path = environment[`${name}_FILE`];
  if (!path) return environment[name];
  if (environment[name]) throw new SettingsError(`${name} and ${name}_FILE are both set; set one`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new SettingsError(`${name}_FILE names a file that cannot be read: ${path}`);
  }
}
