import { readFileSync } from 'node:fs';
import Joi from 'joi';
import { databaseSettings } from '../connect/connect.js';
import { tlsOptions } from '../connect/tls.js';
import { schemas, type AdminConnection, type OptionalPasswords } from './provision.js';

const { DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_AUTH, DATABASE_SSL_CA } = databaseSettings;

/** `AUTH_APP_PASSWORD`, `AUTH_MIGRATOR_PASSWORD`, `POSTS_APP_PASSWORD`, … */
const passwordNames = schemas.map((schema) => ({
  schema,
  app: `${schema.toUpperCase()}_APP_PASSWORD`,
  migrator: `${schema.toUpperCase()}_MIGRATOR_PASSWORD`,
}));

const settings: Record<string, Joi.Schema> = {
  DATABASE_HOST,
  DATABASE_PORT,
  DATABASE_NAME,
  DATABASE_AUTH,
  DATABASE_SSL_CA,
  DATABASE_ADMIN_USER: Joi.string().default('postgres'),
  DATABASE_ADMIN_PASSWORD: Joi.string().required(),
  ...Object.fromEntries(
    passwordNames
      .flatMap(({ app, migrator }) => [app, migrator])
      .map((name) => [name, Joi.string().when('DATABASE_AUTH', { not: 'iam', then: Joi.required() })]),
  ),
};

/**
 * The administrator's connection, how the services' roles log in, and their passwords (none with IAM); any `X` may be given as `X_FILE`, the path of a file
 * that holds it. Throws an Error that lists every missing or bad setting, and no values.
 */
export function readProvisionSettings(environment: NodeJS.ProcessEnv): {
  admin: AdminConnection;
  passwords: OptionalPasswords;
  authentication: 'password' | 'iam';
} {
  const given = Object.keys(settings).map((name) => [name, readSetting(environment, name)]);
  const { value, error } = Joi.object<Record<string, string>>(settings).validate(Object.fromEntries(given), {
    abortEarly: false,
    errors: { wrap: { label: false } },
  });
  if (error) throw new Error(error.details.map(({ message }) => message).join('; '));
  return {
    admin: {
      host: String(value.DATABASE_HOST),
      port: Number(value.DATABASE_PORT),
      database: String(value.DATABASE_NAME),
      user: String(value.DATABASE_ADMIN_USER),
      password: String(value.DATABASE_ADMIN_PASSWORD),
      ...tlsOptions(value),
    },
    passwords: Object.fromEntries(
      passwordNames.map(({ schema, app, migrator }) => [
        schema,
        { app: value[app], migrator: value[migrator] },
      ]),
    ) as OptionalPasswords,
    authentication: value.DATABASE_AUTH === 'iam' ? 'iam' : 'password',
  };
}

/** `@agora/process` reads settings the same way, but this package imports nothing of the repository. */
function readSetting(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const path = environment[`${name}_FILE`];
  if (!path) return environment[name] || undefined;
  if (environment[name]) throw new Error(`${name} and ${name}_FILE are both set; set one`);
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    throw new Error(`${name}_FILE names a file that cannot be read: ${path}`);
  }
}
