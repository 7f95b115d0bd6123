import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** A key that CloudWatch may use for the log groups whose names begin so, and for no others. */
export function logKey(scope: Construct, ...prefixes: string[]): kms.Key {
  const { region, account } = Stack.of(scope);
  const key = new kms.Key(scope, 'LogKey', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': prefixes.map(
            (prefix) => `arn:aws:logs:${region}:${account}:log-group:${prefix}*`,
          ),
        },
      },
    }),
  );
  return key;
}

/** A log group that is encrypted and forgets after three months. */
export const encryptedLogs = (scope: Construct, id: string, logGroupName: string, encryptionKey: kms.IKey) =>
  new logs.LogGroup(scope, id, {
    logGroupName,
    encryptionKey,
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.RETAIN,
  });
