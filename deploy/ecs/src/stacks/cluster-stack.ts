import { Stack, type StackProps } from 'aws-cdk-lib/core';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { encryptedLogs, logKey } from '../constructs/logs.js';
import type { NetworkStack } from './network-stack.js';

/** The private names of the services end so: `auth.agora.internal`. */
export const privateDomain = 'agora.internal';

/** What every service's stack stands on: the cluster, private names, the key of all logs, and where alarms go. */
export class ClusterStack extends Stack {
  readonly cluster: ecs.Cluster;
  readonly names: servicediscovery.PrivateDnsNamespace;
  readonly logKey: kms.Key;
  /** Subscribe a mailbox or a pager to it. */
  readonly alarms: sns.Topic;

  constructor(scope: Construct, id: string, { network, ...props }: StackProps & { network: NetworkStack }) {
    super(scope, id, props);
    const insights = '/aws/ecs/containerinsights/agora/performance';
    this.logKey = logKey(this, '/agora/', insights);
    // Without it ECS makes it itself, and neither encrypts it with this key nor ever forgets.
    const insightLogs = encryptedLogs(this, 'Insights', insights, this.logKey);
    this.cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc,
      clusterName: 'agora',
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
    this.cluster.node.addDependency(insightLogs);
    this.names = new servicediscovery.PrivateDnsNamespace(this, 'Names', {
      vpc: network.vpc,
      name: privateDomain,
    });
    this.alarms = this.alarmTopic();
  }

  private alarmTopic(): sns.Topic {
    const masterKey = new kms.Key(this, 'AlarmKey', { enableKeyRotation: true });
    masterKey.grantEncryptDecrypt(new iam.ServicePrincipal('cloudwatch.amazonaws.com'));
    return new sns.Topic(this, 'Alarms', { displayName: 'Agora alarms', masterKey, enforceSSL: true });
  }
}
