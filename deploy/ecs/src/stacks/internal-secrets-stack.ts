import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { accept } from '../constructs/accept.js';
import { randomSecret } from '../constructs/random-secret.js';

/** What must be there before the services: what they ask each other for at their internal ports, which both sides read, and how mail is sent. */
export class InternalSecretsStack extends Stack {
  readonly secret: Record<'auth' | 'posts' | 'votes' | 'revocations', secretsmanager.Secret>;

  /** The URL of SES's SMTP server, set by hand: its password is derived from an IAM user's key. */
  readonly smtpUrl: secretsmanager.Secret;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.secret = {
      auth: randomSecret(this, 'auth', 'What other services must know to ask auth'),
      posts: randomSecret(this, 'posts', 'What other services must know to ask posts'),
      votes: randomSecret(this, 'votes', 'What other services must know to ask votes'),
      // It opens nothing else of auth, so that the gateway can read no accounts.
      revocations: randomSecret(this, 'revocations', 'What all processes must know to ask what was revoked'),
    };
    this.smtpUrl = randomSecret(this, 'smtp-url', 'Where auth sends mail, as smtps://user:password@host:465');
    accept(this, {
      'AwsSolutions-SMG4': 'They change by the procedure in README.md: both sides read them when they start.',
    });
  }
}
