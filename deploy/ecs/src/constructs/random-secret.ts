import { RemovalPolicy } from 'aws-cdk-lib/core';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** 48 random letters: 273 bits. Letters alone, because NATS reads a digit at the front as a number. */
export const randomSecret = (scope: Construct, id: string, description: string) =>
  new secretsmanager.Secret(scope, id, {
    description,
    generateSecretString: { passwordLength: 48, excludePunctuation: true, excludeNumbers: true },
    removalPolicy: RemovalPolicy.RETAIN,
  });
