import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { accept } from '../constructs/accept.js';
import { alarmsOf } from '../constructs/alarms.js';
import type { ClusterStack } from './cluster-stack.js';
import type { Config } from '../config.js';
import type { DeliveryStack } from './delivery-stack.js';
import { hardenedTask, imageDigest } from '../constructs/hardened-task.js';
import { allowToRun } from '../constructs/allow-to-run.js';
import { encryptedLogs, logKey } from '../constructs/logs.js';
import type { NetworkStack } from './network-stack.js';
import { rdsCertificateAuthorities } from '../constructs/rds-certificate-authorities.js';
import { randomSecret } from '../constructs/random-secret.js';

/** The services that own a schema. */
export const owners = ['auth', 'posts', 'votes'] as const;
export type Owner = (typeof owners)[number];

/** The newest minor release that the pinned aws-cdk-lib knows; a test fails when it knows a newer one. */
export const postgresVersion = rds.PostgresEngineVersion.VER_17_9;

const identifier = 'agora';
const exportedLogs = ['postgresql', 'upgrade'];

interface DatabaseStackProps extends StackProps {
  config: Config;
  network: NetworkStack;
  delivery: DeliveryStack;
  cluster: ClusterStack;
}

type Role = 'app' | 'migrator';

const parameters = {
  'rds.force_ssl': '1',
  ssl_min_protocol_version: 'TLSv1.2',
  password_encryption: 'scram-sha-256',
  // No statement is logged, not even a slow one: some contain addresses and hashes. pg_stat_statements has them without values.
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  // The detail of an error holds values too, and so does the statement.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** PostgreSQL, how each service's two roles log in, and the task that makes those roles. */
export class DatabaseStack extends Stack {
  /** The database's address and certificate authorities, for its clients; no secrets. */
  readonly settings: Record<string, string>;
  private readonly instances: rds.IDatabaseInstance[];
  /** None where IAM lets in. */
  private readonly password: Partial<Record<`${Owner}_${Role}`, secretsmanager.Secret>> = {};

  constructor(scope: Construct, id: string, props: DatabaseStackProps) {
    super(scope, id, props);
    const isByIam = props.config.databaseAuth === 'iam';
    const { instance, replica } = this.createInstances(props, isByIam);
    this.instances = replica ? [instance, replica] : [instance];
    this.settings = {
      DATABASE_HOST: instance.dbInstanceEndpointAddress,
      DATABASE_PORT: instance.dbInstanceEndpointPort,
      DATABASE_NAME: 'agora',
      DATABASE_SSL_CA: rdsCertificateAuthorities(this.region),
      ...(isByIam && { DATABASE_AUTH: 'iam' }),
      ...(replica && { DATABASE_REPLICA_HOST: replica.dbInstanceEndpointAddress }),
    };
    for (const owner of isByIam ? [] : owners)
      for (const role of ['app', 'migrator'] as const)
        this.password[`${owner}_${role}`] = randomSecret(
          this,
          `${owner}-${role}`,
          `Password of ${owner}_${role} in PostgreSQL`,
        );
    this.provisionTask(props, instance);
    this.watch(instance, props.cluster);
    accept(this, {
      'AwsSolutions-SMG4':
        'Passwords change by the procedure in README.md: a process reads its password when it starts, so a rotation that nobody restarts for would lock it out.',
      'AwsSolutions-RDS11':
        'Another port than 5432 hides nothing from who is in the VPC; security groups say who may connect.',
    });
  }

  /** The secrets of a task that logs in as that role. */
  secrets(owner: Owner, role: Role): Record<string, secretsmanager.Secret> {
    const password = this.password[`${owner}_${role}`];
    return password ? { DATABASE_PASSWORD: password } : {};
  }

  /** Lets a task sign tokens for that role and no other, where tokens let in. */
  letIn(task: { taskRole: iam.IRole }, owner: Owner, role: Role): void {
    if (this.settings.DATABASE_AUTH !== 'iam') return;
    for (const instance of this.instances) instance.grantConnect(task.taskRole, `${owner}_${role}`);
  }

  /** The primary and, if requested, a read replica, which keeps no backups of its own. */
  private createInstances({ network, config }: DatabaseStackProps, iamAuthentication: boolean) {
    const engine = rds.DatabaseInstanceEngine.postgres({ version: postgresVersion });
    const logs = this.logs();
    const both = {
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: 'data' },
      securityGroups: [network.group.database],
      publiclyAccessible: false,
      multiAz: true,
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.M7G, ec2.InstanceSize.LARGE),
      storageType: rds.StorageType.GP3,
      iamAuthentication,
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', { engine, parameters }),
      cloudwatchLogsExports: exportedLogs,
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
    };
    const instance = new rds.DatabaseInstance(this, 'Postgres', {
      ...both,
      instanceIdentifier: identifier,
      engine,
      allocatedStorage: 100,
      maxAllocatedStorage: 1_000,
      // A replica inherits both.
      storageEncrypted: true,
      storageEncryptionKey: new kms.Key(this, 'StorageKey', {
        enableKeyRotation: true,
        removalPolicy: RemovalPolicy.RETAIN,
      }),
      credentials: rds.Credentials.fromGeneratedSecret('agora_admin'),
      backupRetention: Duration.days(14),
      deleteAutomatedBackups: false,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      allowMajorVersionUpgrade: false,
    });
    instance.node.addDependency(...logs);
    const replica =
      config.databaseReplica &&
      new rds.DatabaseInstanceReadReplica(this, 'Replica', {
        ...both,
        sourceDatabaseInstance: instance,
        multiAz: false,
        removalPolicy: RemovalPolicy.DESTROY,
      });
    return { instance, replica: replica || undefined };
  }

  /** Without them RDS makes them itself, and neither encrypts them with a key of ours nor ever forgets. */
  private logs() {
    const folder = `/aws/rds/instance/${identifier}/`;
    const key = logKey(this, folder);
    return exportedLogs.map((name) => encryptedLogs(this, `${name}-logs`, `${folder}${name}`, key));
  }

  /** Creates the database, the schemas and the roles; run once before the first migration and after each change of a password. */
  private provisionTask(
    { network, delivery, cluster }: DatabaseStackProps,
    instance: rds.DatabaseInstance,
  ): void {
    const admin = instance.secret;
    if (!admin) throw new Error('RDS was not asked to make the password of its administrator');
    const task = hardenedTask(this, {
      name: 'provision',
      cpu: 256,
      memory: 512,
      repository: delivery.repository.setup,
      digest: imageDigest(this),
      logKey: cluster.logKey,
      environment: { ...this.settings, DATABASE_ADMIN_USER: 'agora_admin', NODE_ENV: 'production' },
      secrets: {
        DATABASE_ADMIN_PASSWORD: [admin, 'password'],
        ...Object.fromEntries(
          Object.entries(this.password).map(([role, secret]) => [`${role.toUpperCase()}_PASSWORD`, secret]),
        ),
      },
    });
    allowToRun(this, { task, network, cluster, group: 'provision', deployer: delivery.deployer.setup });
    new CfnOutput(this, 'Endpoint', { value: instance.dbInstanceEndpointAddress });
  }

  private watch(instance: rds.DatabaseInstance, cluster: ClusterStack): void {
    const alarm = alarmsOf(this, cluster.alarms);
    const minute = { period: Duration.minutes(1) };
    alarm('Cpu', {
      says: 'PostgreSQL works at its limit. Look for a statement that got slow in pg_stat_statements.',
      metric: instance.metricCPUUtilization(minute),
      above: 85,
      minutes: 10,
    });
    alarm('Storage', {
      says: 'Less than 15 GB are left to PostgreSQL, although it grows by itself: is an outbox not emptied, or its limit reached?',
      metric: instance.metricFreeStorageSpace(minute),
      below: 15e9,
      silence: true,
    });
    alarm('Connections', {
      says: 'PostgreSQL has more connections than all pools together should open. Which role holds them?',
      metric: instance.metricDatabaseConnections(minute),
      above: 350,
    });
    alarm('Memory', {
      says: 'PostgreSQL has little memory left; it will begin to swap.',
      metric: instance.metricFreeableMemory(minute),
      below: 256e6,
    });
  }
}
