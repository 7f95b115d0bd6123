import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acceptAt } from '../constructs/accept.js';
import { alarmsOf } from '../constructs/alarms.js';
import type { ClusterStack } from './cluster-stack.js';
import type { Config } from '../config.js';
import { fargateService, type Surroundings } from '../constructs/fargate-service.js';
import type { InternalSecretsStack } from './internal-secrets-stack.js';
import { natsSettings, type NatsSecretsStack } from './nats-stack.js';
import type { NetworkStack } from './network-stack.js';
import { gateway, productSettings } from '../services.js';

interface GatewayStackProps extends StackProps, Surroundings {
  config: Config;
  nats: NatsSecretsStack;
  internal: InternalSecretsStack;
}

/** The public entry: a load balancer that terminates TLS, and the gateway behind it. */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, props: GatewayStackProps) {
    super(scope, id, props);
    const { config, network, cluster, nats, internal } = props;
    const service = fargateService(this, {
      ...props,
      ...gateway,
      name: 'gateway',
      named: false,
      environment: {
        ...gateway.environment,
        ...productSettings(config).gateway,
        ...natsSettings,
        NATS_USER: 'gateway',
        TOKEN_ISSUER: `https://${config.domain}`,
        PUBLIC_URL: `https://${config.domain}`,
      },
      secrets: { NATS_PASSWORD: nats.password.gateway, REVOCATIONS_SECRET: internal.secret.revocations },
    });
    const balancer = this.loadBalancer(network);
    const targets = this.listen(balancer, service, config, network);
    this.watch(balancer, targets, cluster);
    new CfnOutput(this, 'Address', { value: balancer.loadBalancerDnsName });
  }

  private loadBalancer(network: NetworkStack): elb.ApplicationLoadBalancer {
    const balancer = new elb.ApplicationLoadBalancer(this, 'Balancer', {
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: 'edge' },
      internetFacing: true,
      securityGroup: network.group['load-balancer'],
      deletionProtection: true,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elb.DesyncMitigationMode.STRICTEST,
      http2Enabled: true,
      // Less than the 72 s after which the gateway closes an idle connection: who reuses one must be the first to give it up.
      idleTimeout: Duration.seconds(60),
      // The header gets exactly one address more, which TRUSTED_PROXY_HOPS=1 counts on.
      xffHeaderProcessingMode: elb.XffHeaderProcessingMode.APPEND,
    });
    const bucket = new s3.Bucket(this, 'AccessLogs', {
      // Load balancers can write to no other encryption.
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    balancer.logAccessLogs(bucket, 'gateway');
    acceptAt(bucket, {
      'AwsSolutions-S1': 'It is where access logs go; logs of reading them would need a bucket, too.',
    });
    return balancer;
  }

  private listen(
    balancer: elb.ApplicationLoadBalancer,
    service: ecs.FargateService,
    config: Config,
    network: NetworkStack,
  ): elb.ApplicationTargetGroup {
    const targets = new elb.ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      port: gateway.port,
      protocol: elb.ApplicationProtocol.HTTP,
      targetType: elb.TargetType.IP,
      deregistrationDelay: Duration.seconds(30),
      loadBalancingAlgorithmType: elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      // 503 while the gateway drains.
      healthCheck: {
        path: '/health',
        healthyHttpCodes: '200',
        interval: Duration.seconds(5),
        timeout: Duration.seconds(3),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    balancer
      .addListener('Https', {
        port: 443,
        protocol: elb.ApplicationProtocol.HTTPS,
        certificates: [acm.Certificate.fromCertificateArn(this, 'Certificate', config.certificateArn)],
        sslPolicy: elb.SslPolicy.TLS13_RES,
        // edges.ts has the allowed connections.
        open: false,
        defaultAction: elb.ListenerAction.fixedResponse(421, { contentType: 'text/plain' }),
      })
      .addAction('ByName', {
        priority: 1,
        conditions: [elb.ListenerCondition.hostHeaders([config.domain])],
        action: elb.ListenerAction.forward([targets]),
      });
    service.node.addDependency(balancer);
    // Not `attachToApplicationTargetGroup`, which adds rules of its own to the security groups.
    const resource = service.node.defaultChild as ecs.CfnService;
    resource.healthCheckGracePeriodSeconds = 60;
    resource.loadBalancers = [
      { containerName: 'gateway', containerPort: gateway.port, targetGroupArn: targets.targetGroupArn },
    ];
    return targets;
  }

  private watch(
    balancer: elb.ApplicationLoadBalancer,
    targets: elb.ApplicationTargetGroup,
    cluster: ClusterStack,
  ): void {
    const alarm = alarmsOf(this, cluster.alarms);
    const minute = { period: Duration.minutes(1) };
    alarm('Unreachable', {
      says: 'The load balancer itself answers 5xx: no task of the gateway takes its requests.',
      metric: balancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, minute),
      above: 10,
    });
    alarm('Failures', {
      says: 'The gateway answers 5xx. Its log says which service is away.',
      metric: targets.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, minute),
      above: 20,
    });
    alarm('Unhealthy', {
      says: 'A task of the gateway does not answer its health check.',
      metric: targets.metrics.unhealthyHostCount(minute),
      above: 0,
    });
    alarm('Slow', {
      says: 'One in a hundred answers takes longer than a second.',
      metric: targets.metrics.targetResponseTime({ ...minute, statistic: 'p99' }),
      above: 1,
      minutes: 5,
    });
  }
}
