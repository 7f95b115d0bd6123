import { Duration, type Stack } from 'aws-cdk-lib/core';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { alarmsOf, countedLines, runningTasks } from './alarms.js';
import type { ClusterStack } from '../stacks/cluster-stack.js';
import type { Owner } from '../stacks/database-stack.js';
import type { DeliveryStack } from '../stacks/delivery-stack.js';
import type { Group } from '../edges.js';
import { healthCheck } from './health-check.js';
import { hardenedTask, imageDigest } from './hardened-task.js';
import type { NetworkStack } from '../stacks/network-stack.js';
import { limits, processSettings, type ServiceOptions } from '../services.js';

/** The stacks that a service's stack builds on. */
export interface Surroundings {
  network: NetworkStack;
  delivery: DeliveryStack;
  cluster: ClusterStack;
}

export interface FargateServiceOptions extends ServiceOptions, Surroundings {
  name: Group & (Owner | 'gateway');
  secrets: Record<string, secretsmanager.ISecret>;
  /** Whether others find it as `<name>.agora.internal`. */
  named: boolean;
}

/** At least two tasks in different zones, replaced one by one, rolled back when the new ones do not get healthy, more of them under load. */
export function fargateService(stack: Stack, options: FargateServiceOptions): ecs.FargateService {
  const { name, network, delivery, cluster } = options;
  const task = hardenedTask(stack, {
    name,
    cpu: options.cpu,
    memory: options.memory,
    repository: delivery.repository[name],
    digest: imageDigest(stack),
    logKey: cluster.logKey,
    port: options.port,
    healthCheck,
    environment: {
      ...processSettings,
      ...options.environment,
      PORT: String(options.port),
      INTERNAL_PORT: String(options.internalPort),
    },
    secrets: options.secrets,
    stopTimeout: Duration.seconds(30),
  });
  const service = new ecs.FargateService(stack, 'Service', {
    serviceName: name,
    cluster: cluster.cluster,
    taskDefinition: task,
    desiredCount: 2,
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { rollback: true },
    assignPublicIp: false,
    enableExecuteCommand: false,
    vpcSubnets: { subnetGroupName: 'tasks' },
    securityGroups: [network.group[name]],
    ...(options.named && {
      cloudMapOptions: { cloudMapNamespace: cluster.names, name, dnsTtl: Duration.seconds(5) },
    }),
  });
  service
    .autoScaleTaskCount({ minCapacity: 2, maxCapacity: limits.tasks })
    .scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60, scaleInCooldown: Duration.minutes(5) });
  watch(stack, name, service, cluster);
  return service;
}

function watch(stack: Stack, name: string, service: ecs.FargateService, cluster: ClusterStack): void {
  const alarm = alarmsOf(stack, cluster.alarms);
  const logGroup = logs.LogGroup.fromLogGroupName(stack, 'LogsByName', `/agora/${name}`);
  const minute = { period: Duration.minutes(1) };
  alarm('Running', {
    says: `Fewer than two tasks of ${name} run. Look at the events of the service and at the last lines in /agora/${name}.`,
    metric: runningTasks(name),
    below: 2,
    silence: true,
  });
  alarm('Cpu', {
    says: `${name} works at its limit although it may grow to ${limits.tasks} tasks.`,
    metric: service.metricCpuUtilization(minute),
    above: 85,
    minutes: 10,
  });
  alarm('Memory', {
    says: `${name} is about to run out of memory and be killed.`,
    metric: service.metricMemoryUtilization(minute),
    above: 85,
    minutes: 5,
  });
  alarm('Errors', {
    says: `${name} logs errors: more than ten in five minutes. They are in /agora/${name}.`,
    metric: countedLines(
      stack,
      'ErrorLines',
      logGroup,
      logs.FilterPattern.any(
        logs.FilterPattern.stringValue('$.level', '=', 'error'),
        logs.FilterPattern.stringValue('$.level', '=', 'fatal'),
      ),
    ),
    above: 10,
    minutes: 1,
  });
}
