import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { accept } from './accept.js';
import { randomSecret } from './random-secret.js';

/** What a service asks other services for at its internal port: it and those who ask it read the same secret. */
export class InternalSecretsStack extends Stack {
  readonly secret: Record<'auth' | 'posts' | 'votes' | 'revocations', secretsmanager.Secret>;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.secret = {
      auth: randomSecret(this, 'auth', 'What other services must know to ask auth'),
      posts: randomSecret(this, 'posts', 'What other services must know to ask posts'),
      votes: randomSecret(this, 'votes', 'What other services must know to ask votes'),
      // It opens nothing else of auth, so that the gateway can read no accounts.
      revocations: randomSecret(this, 'revocations', 'What all processes must know to ask what was revoked'),
    };
    accept(this, {
      'AwsSolutions-SMG4': 'They change by the procedure in README.md: both sides read them when they start.',
    });
  }
}
