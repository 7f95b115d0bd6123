import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { owners } from './database-stack.js';

const processes = ['gateway', ...owners, 'nats-1', 'nats-2', 'nats-3'];

/** One page: what clients get, what processes use, what is stored. It finds everything by search, so no deployment depends on it. */
export class DashboardStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: 'Agora',
      defaultInterval: Duration.hours(3),
      widgets: [
        [
          graph('Requests', search('AWS/ApplicationELB,LoadBalancer', 'RequestCount', 'Sum')),
          graph('5xx', search('AWS/ApplicationELB,LoadBalancer', 'HTTPCode_Target_5XX_Count', 'Sum')),
          graph('p99, seconds', search('AWS/ApplicationELB,LoadBalancer', 'TargetResponseTime', 'p99')),
        ],
        ['CpuUtilized', 'MemoryUtilized', 'RunningTaskCount'].map((metric) =>
          graph(metric, ...ofProcesses(metric)),
        ),
        [
          graph('PostgreSQL CPU, %', search('AWS/RDS,DBInstanceIdentifier', 'CPUUtilization', 'Average')),
          graph(
            'PostgreSQL connections',
            search('AWS/RDS,DBInstanceIdentifier', 'DatabaseConnections', 'Maximum'),
          ),
          graph('NATS storage, % of I/O limit', search('AWS/EFS,FileSystemId', 'PercentIOLimit', 'Maximum')),
        ],
      ],
    });
  }
}

const ofProcesses = (metricName: string) =>
  processes.map(
    (ServiceName) =>
      new cloudwatch.Metric({
        namespace: 'ECS/ContainerInsights',
        metricName,
        dimensionsMap: { ClusterName: 'agora', ServiceName },
        label: ServiceName,
        period: Duration.minutes(1),
      }),
  );

const search = (schema: string, metric: string, statistic: string) =>
  new cloudwatch.MathExpression({
    expression: `SEARCH('{${schema}} MetricName="${metric}"', '${statistic}', 60)`,
    usingMetrics: {},
    label: '',
    period: Duration.minutes(1),
  });

const graph = (title: string, ...left: cloudwatch.IMetric[]) =>
  new cloudwatch.GraphWidget({ title, left, width: 8, height: 6 });
