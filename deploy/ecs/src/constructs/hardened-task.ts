import { CfnParameter, Duration, Fn, type Stack } from 'aws-cdk-lib/core';
import type * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { acceptAt } from './accept.js';
import { encryptedLogs } from './logs.js';

/** As whom every container runs. */
const user = '10001:10001';

export interface TaskOptions {
  /** The name of the container and of its logs: `/agora/<name>`. */
  name: string;
  cpu: number;
  memory: number;
  repository: ecr.IRepository;
  /** The digest of the image in the repository: `sha256:…`. */
  digest: string;
  logKey: kms.IKey;
  command?: string[];
  port?: number;
  healthCheck?: string[];
  environment: Record<string, string>;
  /** By the name of the environment variable. The execution role may read these and no others. */
  secrets: Record<string, secretsmanager.ISecret | [secret: secretsmanager.ISecret, field: string]>;
  stopTimeout?: Duration;
}

/** The stack parameter that names the image; a deployment without it keeps the running image. */
export const imageDigest = (stack: Stack): string =>
  new CfnParameter(stack, 'ImageDigest', {
    description: 'Which image of the repository runs',
    allowedPattern: '^sha256:[0-9a-f]{64}$',
  }).valueAsString;

/** A Fargate task of one container that cannot write, cannot gain privileges, and can read only its own secrets. */
export function hardenedTask(stack: Stack, options: TaskOptions): ecs.FargateTaskDefinition {
  const { name, repository, healthCheck, port } = options;
  const task = new ecs.FargateTaskDefinition(stack, 'Task', {
    family: `agora-${name}`,
    cpu: options.cpu,
    memoryLimitMiB: options.memory,
    runtimePlatform: {
      cpuArchitecture: ecs.CpuArchitecture.X86_64,
      operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
    },
    executionRole: taskRole(stack, 'ExecutionRole', `Starts ${name}: its image, its secrets, its logs`),
    taskRole: taskRole(stack, 'TaskRole', `What ${name} itself may do`),
  });
  const linuxParameters = new ecs.LinuxParameters(stack, 'LinuxParameters', { initProcessEnabled: true });
  linuxParameters.dropCapabilities(ecs.Capability.ALL);
  const logGroup = encryptedLogs(stack, 'Logs', `/agora/${name}`, options.logKey);
  task.addContainer(name, {
    image: ecs.ContainerImage.fromRegistry(Fn.join('@', [repository.repositoryUri, options.digest])),
    essential: true,
    user,
    readonlyRootFilesystem: true,
    privileged: false,
    linuxParameters,
    logging: ecs.LogDrivers.awsLogs({
      logGroup,
      streamPrefix: name,
      mode: ecs.AwsLogDriverMode.NON_BLOCKING,
    }),
    environment: options.environment,
    secrets: Object.fromEntries(
      Object.entries(options.secrets).map(([variable, secret]) => [
        variable,
        Array.isArray(secret)
          ? ecs.Secret.fromSecretsManager(...secret)
          : ecs.Secret.fromSecretsManager(secret),
      ]),
    ),
    ...(options.command && { command: options.command }),
    ...(port !== undefined && { portMappings: [{ containerPort: port }] }),
    ...(healthCheck && {
      healthCheck: {
        command: healthCheck,
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(60),
      },
    }),
    ...(options.stopTimeout && { stopTimeout: options.stopTimeout }),
  });
  repository.grantPull(task.obtainExecutionRole());
  acceptAt(task, {
    'AwsSolutions-ECS2':
      'These are settings. What is secret comes from Secrets Manager; a test holds every variable against it.',
  });
  acceptAt(task.obtainExecutionRole(), {
    'AwsSolutions-IAM5': 'ecr:GetAuthorizationToken can be given for * only.',
  });
  return task;
}

/** Only tasks of this account: else a role could be borrowed through somebody else's cluster. */
const taskRole = (stack: Stack, id: string, description: string) =>
  new iam.Role(stack, id, {
    description,
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
