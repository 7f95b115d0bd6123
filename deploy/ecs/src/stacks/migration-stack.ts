import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { allowToRun } from '../constructs/allow-to-run.js';
import type { DatabaseStack, Owner } from './database-stack.js';
import type { Surroundings } from '../constructs/fargate-service.js';
import { hardenedTask, imageDigest } from '../constructs/hardened-task.js';

export interface MigrationStackProps extends StackProps, Surroundings {
  service: Owner;
  database: DatabaseStack;
}

/**
 * The task that brings a service's schema up to its next image. A stack of its own, so that it can be given that image,
 * and run, while the service still has the last one.
 */
export class MigrationStack extends Stack {
  constructor(scope: Construct, id: string, props: MigrationStackProps) {
    super(scope, id, props);
    const { service, network, delivery, cluster, database } = props;
    const task = hardenedTask(this, {
      name: `${service}-migration`,
      cpu: 256,
      memory: 512,
      repository: delivery.repository[service],
      digest: imageDigest(this),
      logKey: cluster.logKey,
      command: [`services/${service}/dist/operate.js`, 'migrate', 'up'],
      environment: { ...database.settings, DATABASE_USER: `${service}_migrator`, NODE_ENV: 'production' },
      secrets: database.secrets(service, 'migrator'),
    });
    database.letIn(task, service, 'migrator');
    allowToRun(this, { task, network, cluster, group: 'migration', deployer: delivery.deployer[service] });
  }
}
