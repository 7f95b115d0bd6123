/** The security contract, statement by statement. A part of `stacks.test.ts`: to load aws-cdk-lib takes seconds. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { statements } from './statements.js';
import { all, synthesize, type Resource, type Templates } from './synthesize.js';

type Properties = Resource['Properties'];
type Id = keyof typeof statements;

let templates: Templates;
beforeAll(() => {
  ({ templates } = synthesize());
}, 120_000);

/** Finds the one resource of that type whose place matches. */
const one = (planted: Templates, type: string, place = ''): Properties => {
  const found = all(planted, type).find(({ where }) => where.startsWith(place));
  if (!found) throw new Error(`no ${type} in ${place}`);
  return found.properties;
};
const task = (planted: Templates) => one(planted, 'AWS::ECS::TaskDefinition', 'AgoraVotes/');
const container = (planted: Templates) => task(planted).ContainerDefinitions[0];
const service = (planted: Templates) => one(planted, 'AWS::ECS::Service', 'AgoraVotes/');
const network = (planted: Templates) => service(planted).NetworkConfiguration.AwsvpcConfiguration;
const grants = (planted: Templates) =>
  one(planted, 'AWS::IAM::Policy', 'AgoraVotes/').PolicyDocument.Statement;
const instance = (planted: Templates) => one(planted, 'AWS::RDS::DBInstance');
const set = (planted: Templates, key: string, value: string) => {
  const attributes = one(planted, 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes;
  attributes.find((each: { Key: string }) => each.Key === key).Value = value;
};

/** One violation of each statement. */
const violations: Record<Id, (planted: Templates) => void> = {
  'X-4 the root file system is read-only': (planted) => delete container(planted).ReadonlyRootFilesystem,
  'X-4 the user is a number and not root': (planted) => (container(planted).User = 'root'),
  'X-4 all capabilities are dropped and none is added': (planted) =>
    (container(planted).LinuxParameters.Capabilities.Add = ['SYS_PTRACE']),
  'X-4 nothing is privileged': (planted) => (container(planted).Privileged = true),
  'X-4 every task has its own network interface': (planted) => (task(planted).NetworkMode = 'host'),
  'X-4 no task has a public address': (planted) => (network(planted).AssignPublicIp = 'ENABLED'),
  'X-4 every service has one security group of its own': (planted) =>
    (network(planted).SecurityGroups = one(
      planted,
      'AWS::ECS::Service',
      'AgoraAuth/',
    ).NetworkConfiguration.AwsvpcConfiguration.SecurityGroups),
  'X-4 ECS Exec is off': (planted) => (service(planted).EnableExecuteCommand = true),
  'X-4 an execution role reads exactly the secrets of its container': (planted) =>
    container(planted).Secrets.pop(),
  'X-4 an execution role does nothing but read secrets, fetch its image and write its log': (planted) =>
    grants(planted).push({ Action: 'ssm:GetParameters', Resource: 'arn:aws:ssm:::parameter/a' }),
  'X-4 a task itself may do nothing in AWS, but NATS mount its store': (planted) => {
    const policy = one(planted, 'AWS::IAM::Policy', 'AgoraVotes/');
    policy.Roles = [{ Ref: task(planted).TaskRoleArn['Fn::GetAtt'][0] }];
  },
  'X-4 roles of tasks have no managed policies and are for ECS alone': (planted) =>
    (one(planted, 'AWS::IAM::Role', 'AgoraVotes/').ManagedPolicyArns = [
      'arn:aws:iam::aws:policy/AdministratorAccess',
    ]),
  'X-4 logs are encrypted and forgotten in time': (planted) =>
    delete one(planted, 'AWS::Logs::LogGroup', 'AgoraVotes/').KmsKeyId,
  'X-4 every container logs': (planted) => delete container(planted).LogConfiguration,
  'X-4 the load balancer drops invalid headers and is strict about framing': (planted) =>
    set(planted, 'routing.http.desync_mitigation_mode', 'defensive'),
  'X-4 clients speak TLS 1.2 or 1.3': (planted) =>
    (one(planted, 'AWS::ElasticLoadBalancingV2::Listener').SslPolicy = 'ELBSecurityPolicy-2016-08'),
  'G-8 exactly one proxy is trusted, and it appends': (planted) =>
    set(planted, 'routing.http.xff_header_processing.mode', 'preserve'),
  'G-6 the load balancer gives up idle connections before the gateway does': (planted) =>
    set(planted, 'idle_timeout.timeout_seconds', '120'),
  'K-2 no setting is a secret': (planted) =>
    container(planted).Environment.push({ Name: 'DATABASE_PASSWORD', Value: 'in plain sight' }),
  'K-2 every secret is made by AWS and never written down': (planted) =>
    (one(planted, 'AWS::SecretsManager::Secret').SecretString = 'in plain sight'),
  'K-2 no two processes have a secret in common, but for what one asks the other for': (planted) => {
    const auth = one(planted, 'AWS::ECS::TaskDefinition', 'AgoraAuth/').ContainerDefinitions[0];
    auth.Secrets = container(planted).Secrets;
  },
  'D-2 PostgreSQL refuses connections without TLS': (planted) =>
    (one(planted, 'AWS::RDS::DBParameterGroup').Parameters['rds.force_ssl'] = '0'),
  'F-5 PostgreSQL logs no statement, neither with an error nor as a slow one': (planted) =>
    (one(planted, 'AWS::RDS::DBParameterGroup').Parameters.log_error_verbosity = 'default'),
  'D-2 clients of the database verify the server': (planted) =>
    (container(planted).Environment = [{ Name: 'DATABASE_HOST', Value: 'postgres' }]),
  'D-3 PostgreSQL is encrypted, in two zones, backed up, and hard to delete': (planted) =>
    (instance(planted).MultiAZ = false),
  'D-3 PostgreSQL has the fixes of February 2026': (planted) => (instance(planted).EngineVersion = '17.7'),
  'N-1 the store of NATS is encrypted at rest and on its way': (planted) =>
    delete one(planted, 'AWS::ECS::TaskDefinition', 'AgoraNats2/').Volumes,
  'nobody may do everything, or something to everything': (planted) =>
    grants(planted).push({ Action: 'secretsmanager:GetSecretValue', Resource: '*' }),
};

describe('the security contract', () => {
  it.each(Object.entries(statements))('%s', (_, broken) => {
    expect(broken(templates)).toEqual([]);
  });

  it.each(Object.entries(violations))('notices when it is not so: %s', (id, plant) => {
    const planted = structuredClone(templates);
    plant(planted);

    expect(statements[id as Id](planted)).not.toEqual([]);
  });
});
