import { CfnOutput, type Stack } from 'aws-cdk-lib/core';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { acceptAt } from './accept.js';
import type { ClusterStack } from '../stacks/cluster-stack.js';
import type { Group } from '../edges.js';
import type { NetworkStack } from '../stacks/network-stack.js';

interface RunOptions {
  task: ecs.FargateTaskDefinition;
  network: NetworkStack;
  cluster: ClusterStack;
  group: Group;
  deployer: iam.IRole;
}

/** Says in the stack's outputs how to run its one task, and lets a pipeline run that one: see scripts/run-task.mjs. */
export function allowToRun(stack: Stack, { task, network, cluster, group, deployer }: RunOptions): void {
  const policy = new iam.Policy(stack, 'MayRun', {
    roles: [deployer],
    statements: [
      new iam.PolicyStatement({
        actions: ['ecs:RunTask'],
        resources: [task.taskDefinitionArn],
        conditions: { ArnEquals: { 'ecs:cluster': cluster.cluster.clusterArn } },
      }),
      new iam.PolicyStatement({
        actions: ['ecs:DescribeTasks'],
        resources: [`arn:aws:ecs:${stack.region}:${stack.account}:task/agora/*`],
        conditions: { ArnEquals: { 'ecs:cluster': cluster.cluster.clusterArn } },
      }),
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [task.taskRole.roleArn, task.obtainExecutionRole().roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    ],
  });
  acceptAt(policy, {
    'AwsSolutions-IAM5':
      'The id of a task is known only once it runs; it may look at tasks of this cluster alone.',
  });
  const subnets = network.vpc.selectSubnets({ subnetGroupName: 'tasks' }).subnetIds;
  new CfnOutput(stack, 'TaskDefinition', { value: task.taskDefinitionArn });
  new CfnOutput(stack, 'TaskCluster', { value: cluster.cluster.clusterName });
  new CfnOutput(stack, 'TaskSubnets', { value: subnets.join(',') });
  new CfnOutput(stack, 'TaskSecurityGroup', { value: network.group[group].securityGroupId });
}
