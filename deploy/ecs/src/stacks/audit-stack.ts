import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { EcsRunFargateTask } from 'aws-cdk-lib/aws-scheduler-targets';
import { Stack, TimeZone, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { DatabaseStack } from './database-stack.js';
import type { InternalSecretsStack } from './internal-secrets-stack.js';
import type { Surroundings } from '../constructs/fargate-service.js';
import { hardenedTask, imageDigest } from '../constructs/hardened-task.js';
import { auditSettings, type Audited } from '../services.js';

export interface AuditStackProps extends StackProps, Surroundings {
  service: Audited;
  database: DatabaseStack;
  internal: InternalSecretsStack;
}

/** The task that compares, every night, what a service keeps of the others' data with what they say. It ends with code 1 when they differ. */
export class AuditStack extends Stack {
  constructor(scope: Construct, id: string, props: AuditStackProps) {
    super(scope, id, props);
    const { service, network, delivery, cluster, database, internal } = props;
    const task = hardenedTask(this, {
      name: `${service}-audit`,
      cpu: 256,
      memory: 512,
      repository: delivery.repository[service],
      digest: imageDigest(this),
      logKey: cluster.logKey,
      command: [`services/${service}/dist/operate.js`, 'audit'],
      environment: {
        ...auditSettings[service],
        ...database.settings,
        DATABASE_USER: `${service}_app`,
        NODE_ENV: 'production',
      },
      secrets: {
        ...database.secrets(service, 'app'),
        AUTH_INTERNAL_SECRET: internal.secret.auth,
        ...(service === 'posts'
          ? { VOTES_INTERNAL_SECRET: internal.secret.votes }
          : { POSTS_INTERNAL_SECRET: internal.secret.posts }),
      },
    });
    database.letIn(task, service, 'app');
    new Schedule(this, 'EveryNight', {
      description: `Compares what ${service} keeps with what the others say`,
      schedule: ScheduleExpression.cron({ hour: '2', minute: '10', timeZone: TimeZone.ETC_UTC }),
      target: new EcsRunFargateTask(cluster.cluster, {
        taskDefinition: task,
        securityGroups: [network.group.audit],
        vpcSubnets: { subnetGroupName: 'tasks' },
        assignPublicIp: false,
        // Drift does not go away by looking again.
        retryAttempts: 0,
      }),
    });
  }
}
