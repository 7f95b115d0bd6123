import { Stack, type StackProps } from 'aws-cdk-lib/core';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Config } from '../config.js';
import { edges, groups, taskGroups, type Group } from '../edges.js';
import { accept } from '../constructs/accept.js';
import { encryptedLogs, logKey } from '../constructs/logs.js';

/** SMTP over TLS (RFC 8314, 3.3). */
const smtps = 465;

/** The VPC and every security group with its rules. Only the load balancer can reach the internet or be reached from it. */
export class NetworkStack extends Stack {
  readonly vpc: ec2.Vpc;
  readonly group: Record<Group, ec2.SecurityGroup>;

  constructor(scope: Construct, id: string, { config, ...props }: StackProps & { config: Config }) {
    super(scope, id, props);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr('10.40.0.0/16'),
      availabilityZones: config.zones,
      natGateways: 0,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'edge', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'tasks', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });
    this.recordFlows();
    const group = (name: Group) =>
      new ec2.SecurityGroup(this, `${name}-group`, {
        vpc: this.vpc,
        description: `Agora: ${name}`,
        allowAllOutbound: false,
      });
    this.group = Object.fromEntries(groups.map((name) => [name, group(name)])) as typeof this.group;
    this.connectGroups();
    this.openEndpoints();
    this.openMailEndpoint();
    accept(this, {
      'AwsSolutions-IAM4':
        'The provider of CDK that closes the default security group runs under the basic Lambda policy.',
      'AwsSolutions-L1': 'Which runtime that provider runs on is chosen by the pinned aws-cdk-lib.',
      'AwsSolutions-EC23': 'Port 443 of the load balancer is the public door.',
      CdkNagValidationFailure: 'The address range of the VPC is known only once it exists.',
    });
  }

  private connectGroups(): void {
    for (const [from, to, port] of edges) {
      // Not `connections.allowTo`, which forgets one of the two rules when a group calls itself.
      this.group[from].addEgressRule(this.group[to], ec2.Port.tcp(port), `${from} to ${to}`);
      this.group[to].addIngressRule(this.group[from], ec2.Port.tcp(port), `${from} to ${to}`);
    }
    this.group['load-balancer'].addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'clients');
    for (const name of taskGroups) {
      this.group.endpoints.addIngressRule(this.group[name], ec2.Port.tcp(443), `${name} to AWS`);
      // Image layers come from S3 through a gateway endpoint, whose addresses can't be named offline. The subnets have no
      // route but to the VPC and to that endpoint, so this opens nothing else.
      this.group[name].addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), `${name} to AWS`);
    }
  }

  /** Mail leaves through SES, by SMTP over TLS, from auth alone. */
  private openMailEndpoint(): void {
    this.vpc.addInterfaceEndpoint('Mail', {
      service: ec2.InterfaceVpcEndpointAwsService.EMAIL_SMTP,
      subnets: { subnetGroupName: 'tasks' },
      securityGroups: [this.group.endpoints],
      open: false,
    });
    this.group.auth.addEgressRule(this.group.endpoints, ec2.Port.tcp(smtps), 'auth to SES');
    this.group.endpoints.addIngressRule(this.group.auth, ec2.Port.tcp(smtps), 'auth to SES');
  }

  private openEndpoints(): void {
    this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER } = ec2.InterfaceVpcEndpointAwsService;
    const services = { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER };
    for (const [name, service] of Object.entries(services)) {
      const endpoint = this.vpc.addInterfaceEndpoint(name, {
        service,
        subnets: { subnetGroupName: 'tasks' },
        securityGroups: [this.group.endpoints],
        open: false,
      });
      // A stolen task can't carry data to another account through them.
      endpoint.addToPolicy(
        new iam.PolicyStatement({
          principals: [new iam.AnyPrincipal()],
          actions: ['*'],
          resources: ['*'],
          conditions: { StringEquals: { 'aws:PrincipalAccount': this.account } },
        }),
      );
    }
  }

  private recordFlows(): void {
    const logGroup = encryptedLogs(this, 'FlowLogs', '/agora/network', logKey(this, '/agora/network'));
    this.vpc.addFlowLog('Flows', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: ec2.FlowLogTrafficType.REJECT,
    });
  }
}
