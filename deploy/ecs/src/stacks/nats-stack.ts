import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { accept } from '../constructs/accept.js';
import { alarmsOf, runningTasks } from '../constructs/alarms.js';
import { privateDomain, type ClusterStack } from './cluster-stack.js';
import type { DeliveryStack } from './delivery-stack.js';
import { hardenedTask, imageDigest } from '../constructs/hardened-task.js';
import type { NetworkStack } from './network-stack.js';
import { randomSecret } from '../constructs/random-secret.js';

/** The users of NATS; deploy/docker has what each may publish and read. */
const natsUsers = ['auth', 'posts', 'votes', 'gateway', 'streams'] as const;
type NatsUser = (typeof natsUsers)[number];

const nodes = [1, 2, 3] as const;

/** The settings of NATS's clients: all three nodes, and a copy of every event on each of them. */
export const natsSettings = {
  NATS_URL: nodes.map((node) => `nats://nats-${node}.${privateDomain}:4222`).join(','),
  STREAM_REPLICAS: String(nodes.length),
  // Over how many streams each service's events are split; docs/capacity.md says when more are needed.
  EVENT_PARTITIONS: '1',
};

/** The passwords of the users of NATS. */
export class NatsSecretsStack extends Stack {
  readonly password: Record<NatsUser, secretsmanager.Secret>;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.password = Object.fromEntries(
      natsUsers.map((user) => [user, randomSecret(this, user, `Password of ${user} in NATS`)]),
    ) as typeof this.password;
    accept(this, {
      'AwsSolutions-SMG4':
        'Passwords change by the procedure in README.md: both sides read them when they start.',
    });
  }
}

interface NatsNodeStackProps extends StackProps {
  /** 1 to 3; its zone follows from it. */
  node: number;
  network: NetworkStack;
  delivery: DeliveryStack;
  cluster: ClusterStack;
  secrets: NatsSecretsStack;
}

/** One of the three NATS servers, in a zone of its own, with a file system of its own: docs/decisions/0020-nats-on-fargate-and-efs.md. */
export class NatsNodeStack extends Stack {
  constructor(scope: Construct, id: string, props: NatsNodeStackProps) {
    super(scope, id, props);
    const { node, network, delivery, cluster, secrets } = props;
    const name = `nats-${node}`;
    const zone = network.vpc.availabilityZones[node - 1];
    if (!zone) throw new Error('the three servers of NATS need three zones');
    const storage = this.storage(network, zone);
    const task = hardenedTask(this, {
      name,
      cpu: 1024,
      memory: 2048,
      repository: delivery.repository.nats,
      digest: imageDigest(this),
      logKey: cluster.logKey,
      port: 4222,
      environment: { SERVER_NAME: name, GOMEMLIMIT: '1600MiB' },
      secrets: Object.fromEntries(
        natsUsers.map((user) => [`${user.toUpperCase()}_PASSWORD`, secrets.password[user]]),
      ),
      // Itself alone: to wait for the others at the first start would be to wait for ever.
      healthCheck: [
        'CMD',
        'wget',
        '-q',
        '-O',
        '/dev/null',
        'http://127.0.0.1:8222/healthz?js-server-only=true',
      ],
      // It first hands over what it leads.
      stopTimeout: Duration.seconds(120),
    });
    this.mount(task, storage);
    const service = new ecs.FargateService(this, 'Service', {
      serviceName: name,
      cluster: cluster.cluster,
      taskDefinition: task,
      desiredCount: 1,
      // Two servers must never write to one store: the old one ends before the new one starts.
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      circuitBreaker: { rollback: true },
      assignPublicIp: false,
      enableExecuteCommand: false,
      vpcSubnets: { subnetGroupName: 'tasks', availabilityZones: [zone] },
      securityGroups: [network.group.nats],
      cloudMapOptions: { cloudMapNamespace: cluster.names, name, dnsTtl: Duration.seconds(10) },
    });
    service.node.addDependency(storage.fileSystem.mountTargetsAvailable);
    this.watch(name, storage.fileSystem, cluster);
  }

  private storage(network: NetworkStack, zone: string) {
    const fileSystem = new efs.FileSystem(this, 'Storage', {
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: 'data', availabilityZones: [zone] },
      securityGroup: network.group['nats-storage'],
      // In the server's own zone alone: what a zone loses is on the two other servers.
      oneZone: true,
      encrypted: true,
      kmsKey: new kms.Key(this, 'StorageKey', {
        enableKeyRotation: true,
        removalPolicy: RemovalPolicy.RETAIN,
      }),
      throughputMode: efs.ThroughputMode.ELASTIC,
      allowAnonymousAccess: false,
      enableAutomaticBackups: false,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const accessPoint = fileSystem.addAccessPoint('Store', {
      path: '/jetstream',
      posixUser: { uid: '10001', gid: '10001' },
      createAcl: { ownerUid: '10001', ownerGid: '10001', permissions: '700' },
    });
    return { fileSystem, accessPoint };
  }

  private mount(
    task: ecs.FargateTaskDefinition,
    { fileSystem, accessPoint }: ReturnType<NatsNodeStack['storage']>,
  ): void {
    task.addVolume({
      name: 'store',
      efsVolumeConfiguration: {
        fileSystemId: fileSystem.fileSystemId,
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: accessPoint.accessPointId, iam: 'ENABLED' },
      },
    });
    task.defaultContainer?.addMountPoints({ sourceVolume: 'store', containerPath: '/data', readOnly: false });
    task.addToTaskRolePolicy(
      new iam.PolicyStatement({
        actions: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
        resources: [fileSystem.fileSystemArn],
        conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
      }),
    );
  }

  private watch(name: string, fileSystem: efs.FileSystem, cluster: ClusterStack): void {
    const alarm = alarmsOf(this, cluster.alarms);
    alarm('Running', {
      says: `${name} does not run. Two of three go on; with two away events wait in the outboxes and nothing is lost.`,
      metric: runningTasks(name),
      below: 1,
      silence: true,
    });
    alarm('StorageLimit', {
      says: `${name} waits for its file system, and with it everybody who publishes: see the decision on EFS.`,
      metric: new cloudwatch.Metric({
        namespace: 'AWS/EFS',
        metricName: 'PercentIOLimit',
        dimensionsMap: { FileSystemId: fileSystem.fileSystemId },
        period: Duration.minutes(1),
      }),
      above: 80,
      minutes: 10,
    });
  }
}
