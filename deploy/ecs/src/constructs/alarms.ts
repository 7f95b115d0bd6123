import { Duration, type Stack } from 'aws-cdk-lib/core';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';

export interface AlarmOptions {
  /** What is wrong when it rings, and what to do: the reader was just woken. */
  says: string;
  metric: cloudwatch.IMetric;
  above?: number;
  below?: number;
  /** For how many minutes in a row. */
  minutes?: number;
  /** A silence is an alarm too. */
  silence?: boolean;
}

/** Alarms of a stack, which all go to the one topic. */
export const alarmsOf =
  (stack: Stack, topic: sns.ITopic) =>
  (id: string, { says, metric, above, below, minutes = 3, silence = false }: AlarmOptions): void => {
    const alarm = new cloudwatch.Alarm(stack, `${id}Alarm`, {
      alarmName: `${stack.stackName}-${id}`,
      alarmDescription: says,
      metric,
      threshold: above ?? below ?? 0,
      comparisonOperator:
        above === undefined
          ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
          : cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: minutes,
      treatMissingData: silence
        ? cloudwatch.TreatMissingData.BREACHING
        : cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new actions.SnsAction(topic));
    alarm.addOkAction(new actions.SnsAction(topic));
  };

/** How many tasks of an ECS service run, by Container Insights. */
export const runningTasks = (service: string) =>
  new cloudwatch.Metric({
    namespace: 'ECS/ContainerInsights',
    metricName: 'RunningTaskCount',
    dimensionsMap: { ClusterName: 'agora', ServiceName: service },
    statistic: 'Minimum',
    period: Duration.minutes(1),
  });

/** How many lines of a log match in five minutes. */
export function countedLines(
  stack: Stack,
  id: string,
  logGroup: logs.ILogGroup,
  filterPattern: logs.IFilterPattern,
): cloudwatch.Metric {
  const filter = new logs.MetricFilter(stack, id, {
    logGroup,
    filterPattern,
    metricNamespace: 'Agora',
    metricName: `${stack.stackName}-${id}`,
    defaultValue: 0,
  });
  return filter.metric({ statistic: 'Sum', period: Duration.minutes(5) });
}
