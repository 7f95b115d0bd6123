import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { accept } from '../constructs/accept.js';
import type { Config } from '../config.js';
import type { DatabaseStack, Owner } from './database-stack.js';
import { fargateService, type Surroundings } from '../constructs/fargate-service.js';
import type { InternalSecretsStack } from './internal-secrets-stack.js';
import { natsSettings, type NatsSecretsStack } from './nats-stack.js';
import { randomSecret } from '../constructs/random-secret.js';
import { limits, productSettings, services } from '../services.js';

export interface ServiceStackProps extends StackProps, Surroundings {
  config: Config;
  service: Owner;
  database: DatabaseStack;
  nats: NatsSecretsStack;
  internal: InternalSecretsStack;
}

/** Why a service's own secret is not changed by a schedule. */
const whyNotRotated: Partial<Record<Owner, string>> = {
  auth: 'What it encrypts is in the database: another value alone would make the signing keys unreadable. README.md has the procedure.',
  posts:
    'It keeps clients from making up cursors, which open nothing: another value ends every walk through the feed. README.md has the procedure.',
};

/** A service with a schema, deployed by its team alone. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { config, service, database, nats, internal } = props;
    const { taskDefinition } = fargateService(this, {
      ...props,
      ...services[service],
      name: service,
      named: true,
      environment: {
        ...services[service].environment,
        ...productSettings(config)[service],
        TOKEN_ISSUER: `https://${config.domain}`,
        ...database.settings,
        ...natsSettings,
        DATABASE_USER: `${service}_app`,
        DATABASE_POOL_MAX: String(limits.pool),
        NATS_USER: service,
      },
      secrets: {
        ...database.secrets(service, 'app'),
        NATS_PASSWORD: nats.password[service],
        ...internalSecrets(internal)[service],
        REVOCATIONS_SECRET: internal.secret.revocations,
        ...(service === 'auth' && {
          SIGNING_KEY_SECRET: randomSecret(
            this,
            'SigningKey',
            'Encrypts the signing keys in the database of auth',
          ),
        }),
        ...(service === 'auth' && {
          SMTP_URL: internal.smtpUrl,
        }),
        ...(service === 'posts' && {
          CURSOR_SECRET: randomSecret(this, 'CursorSecret', 'Signs the cursors of lists'),
        }),
      },
    });
    database.letIn(taskDefinition, service, 'app');
    const unrotated = whyNotRotated[service];
    if (unrotated) accept(this, { 'AwsSolutions-SMG4': unrotated });
  }
}

/** The secrets for requests to a service and from it; none when it has neither. */
const internalSecrets = ({
  secret,
}: InternalSecretsStack): Partial<Record<Owner, Record<string, secretsmanager.Secret>>> => ({
  auth: {
    INTERNAL_SECRET: secret.auth,
    POSTS_INTERNAL_SECRET: secret.posts,
    VOTES_INTERNAL_SECRET: secret.votes,
  },
  posts: {
    INTERNAL_SECRET: secret.posts,
    AUTH_INTERNAL_SECRET: secret.auth,
    VOTES_INTERNAL_SECRET: secret.votes,
  },
  votes: {
    INTERNAL_SECRET: secret.votes,
    AUTH_INTERNAL_SECRET: secret.auth,
    POSTS_INTERNAL_SECRET: secret.posts,
  },
});
