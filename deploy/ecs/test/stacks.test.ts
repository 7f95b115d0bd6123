import { readFileSync } from 'node:fs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { PostgresEngineVersion } from 'aws-cdk-lib/aws-rds';
import { App, Stack } from 'aws-cdk-lib/core';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ClusterStack } from '../src/stacks/cluster-stack.js';
import { readConfig } from '../src/config.js';
import { DatabaseStack, owners, postgresVersion } from '../src/stacks/database-stack.js';
import { DeliveryStack } from '../src/stacks/delivery-stack.js';
import { MigrationStack } from '../src/stacks/migration-stack.js';
import { NetworkStack } from '../src/stacks/network-stack.js';
import { limits } from '../src/services.js';
import './security.js';
import { all, synthesize, type Resource, type Synthesis } from './synthesize.js';

/** A role that GitHub's tokens open. */
interface Trusting {
  RoleName?: string;
  AssumeRolePolicyDocument: {
    Statement: { Condition?: { StringEquals?: Record<string, string> } }[];
  };
}

let synthesis: Synthesis;
beforeAll(() => {
  // An insecure bucket, to see that cdk-nag works.
  synthesis = synthesize((app) => new Bucket(new Stack(app, 'Planted'), 'Bucket'));
}, 120_000);

describe('cdk-nag', () => {
  it('has nothing to say', () => {
    expect(synthesis.complaints.filter((each) => !each.startsWith('/Planted/'))).toEqual([]);
  });

  it('would have something to say', () => {
    expect(synthesis.complaints.join('\n')).toMatch(/\/Planted\/.*AwsSolutions-S10/);
  });

  it('has a reason for every setting that it leaves out', () => {
    const reasons = [...JSON.stringify(synthesis.templates).matchAll(/"reason":"([^"]*)"/g)].map(
      ([, reason]) => reason,
    );

    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason?.length).toBeGreaterThan(30);
  });
});

describe('security groups', () => {
  it('let exactly these connect', () => {
    expect(edges().toSorted()).toEqual(
      [
        '0.0.0.0/0 → load-balancer:443',
        'load-balancer → gateway:8000',
        'gateway → auth:8001',
        'gateway → auth:9001',
        'gateway → posts:8002',
        'gateway → votes:8003',
        'posts → auth:9001',
        'votes → auth:9001',
        'votes → posts:9002',
        'posts → votes:9003',
        'auth → posts:9002',
        'auth → votes:9003',
        'auth → endpoints:465',
        'audit → auth:9001',
        'audit → posts:9002',
        'audit → votes:9003',
        ...[...owners, 'migration', 'audit', 'provision'].map((from) => `${from} → database:5432`),
        ...[...owners, 'gateway', 'streams'].map((from) => `${from} → nats:4222`),
        'nats → nats:6222',
        'nats → nats-storage:2049',
        ...[...owners, 'audit', 'gateway', 'migration', 'nats', 'provision', 'streams'].map(
          (from) => `${from} → endpoints:443`,
        ),
      ].toSorted(),
    );
  });

  it('let everybody out to exactly those who let them in', () => {
    const inside = edges().filter((edge) => !/^0\.0\.0\.0|endpoints:443/.test(edge));

    expect(edges('AWS::EC2::SecurityGroupEgress').toSorted()).toEqual(inside.toSorted());
  });

  it('let tasks out to AWS alone, and from subnets that have no route elsewhere', () => {
    const { AgoraNetwork: network = {} } = synthesis.templates;
    const open = Object.values(network).flatMap(({ Type, Properties }) =>
      Type === 'AWS::EC2::SecurityGroup'
        ? ((Properties.SecurityGroupEgress ?? []) as Rule[]).filter(({ CidrIp }) => CidrIp === '0.0.0.0/0')
        : [],
    );
    const routes = all({ network }, 'AWS::EC2::Route').map(({ properties }) => JSON.stringify(properties));

    expect(new Set(open.map(({ FromPort, ToPort }) => `${FromPort}-${ToPort}`))).toEqual(
      new Set(['443-443']),
    );
    expect(routes).toHaveLength(3);
    for (const route of routes) expect(route).toContain('edgeSubnet');
    expect(all({ network }, 'AWS::EC2::NatGateway')).toEqual([]);
  });

  it('let every process reach whom its settings name', () => {
    const allowed = edges();
    const wanted = containers().flatMap(({ Name, Environment }) =>
      Environment.flatMap(({ Value }) =>
        [...String(Value).matchAll(/\w+:\/\/([\w-]+)\.agora\.internal:(\d+)/g)].map(
          ([, to, port]) => `${Name.replace(/^\w+-audit$/, 'audit')} → ${to?.replace(/-\d$/, '')}:${port}`,
        ),
      ),
    );

    expect(wanted.length).toBeGreaterThan(10);
    for (const each of wanted) expect(allowed).toContain(each);
  });
});

describe('a database that IAM lets in to', () => {
  it('has tasks without passwords, each of which may log in as its own role, at the replica too', () => {
    const app = new App();
    const config = { ...readConfig(app.node), databaseAuth: 'iam' as const, databaseReplica: true };
    const env = { region: config.region };
    const delivery = new DeliveryStack(app, 'Delivery', { config, env });
    const network = new NetworkStack(app, 'Network', { config, env });
    const cluster = new ClusterStack(app, 'Cluster', { network, env });
    const surroundings = { network, delivery, cluster };
    const database = new DatabaseStack(app, 'Database', { ...surroundings, config, env });
    const migration = new MigrationStack(app, 'Migration', {
      ...surroundings,
      database,
      service: 'votes',
      env,
    });
    const [ofDatabase, ofMigration] = [Template.fromStack(database), Template.fromStack(migration)];

    const closed = { EnableIAMDatabaseAuthentication: true, PubliclyAccessible: false };
    ofDatabase.allResourcesProperties('AWS::RDS::DBInstance', closed);
    ofDatabase.resourceCountIs('AWS::RDS::DBInstance', 2);
    expect(JSON.stringify(ofDatabase)).not.toContain('APP_PASSWORD');
    const grants = JSON.stringify(ofMigration.findResources('AWS::IAM::Policy'));
    expect(grants).toMatch(/"Action":"rds-db:connect".{1,400}\/votes_migrator"/);
    expect(grants.match(/rds-db:connect/g)).toHaveLength(2);
    const [container] = Object.values(ofMigration.findResources('AWS::ECS::TaskDefinition')).flatMap(
      ({ Properties }) => (Properties as { ContainerDefinitions: Container[] }).ContainerDefinitions,
    );
    expect(container?.Environment).toContainEqual({ Name: 'DATABASE_AUTH', Value: 'iam' });
    const [replica] = Object.keys(
      ofDatabase.findResources('AWS::RDS::DBInstance', {
        Properties: { SourceDBInstanceIdentifier: Match.anyValue() },
      }),
    );
    expect(JSON.stringify(container?.Environment)).toMatch(
      new RegExp(`"DATABASE_REPLICA_HOST","Value":[^}]*${String(replica)}`),
    );
    expect(container?.Secrets).toBeUndefined();
  });
});

describe('stacks', () => {
  it('let a team deploy its service without waiting for another', () => {
    const services = ['AgoraAuth', 'AgoraPosts', 'AgoraVotes', 'AgoraGateway'];
    const waits = services.flatMap((service) =>
      (synthesis.dependencies[service] ?? [])
        .filter((other) => services.includes(other))
        .map((other) => `${service} waits for ${other}`),
    );

    expect(synthesis.dependencies.AgoraVotes).toContain('AgoraDatabase');
    expect(waits).toEqual([]);
  });

  it('run the migrations of the image that they are given, as the migrator', () => {
    const migration = containers().find(({ Name }) => Name === 'votes-migration');

    expect(migration?.Command).toEqual(['services/votes/dist/operate.js', 'migrate', 'up']);
    expect(migration?.Environment).toContainEqual({ Name: 'DATABASE_USER', Value: 'votes_migrator' });
    expect(JSON.stringify(migration?.Image)).toContain('{"Ref":"ImageDigest"}');
  });

  it('keep the old tasks until the new ones are healthy, but never two servers on one store of NATS', () => {
    const configuration = (stack: string) =>
      all(synthesis.templates, 'AWS::ECS::Service').find(({ where }) => where.startsWith(`${stack}/`))
        ?.properties.DeploymentConfiguration;

    expect(configuration('AgoraVotes')).toMatchObject({
      MinimumHealthyPercent: 100,
      MaximumPercent: 200,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    });
    expect(configuration('AgoraNats1')).toMatchObject({ MinimumHealthyPercent: 0, MaximumPercent: 100 });
  });

  it('audit what a service keeps of the others every night, as its role', () => {
    const audit = containers().find(({ Name }) => Name === 'votes-audit');
    expect(audit?.Command).toEqual(['services/votes/dist/operate.js', 'audit']);
    expect(audit?.Environment).toContainEqual({ Name: 'DATABASE_USER', Value: 'votes_app' });
    const schedules = all(synthesis.templates, 'AWS::Scheduler::Schedule');
    expect(schedules.map(({ properties }) => properties.ScheduleExpression as string)).toEqual([
      'cron(10 2 * * ? *)',
      'cron(10 2 * * ? *)',
    ]);
  });

  it('put the three servers of NATS into three zones', () => {
    const zones = all(synthesis.templates, 'AWS::EFS::FileSystem').map(
      ({ properties }) => properties.AvailabilityZoneName as string,
    );

    expect(new Set(zones).size).toBe(3);
  });

  it("are pushed and deployed by the service's own workflow on main, and by no other", () => {
    const trusted = all(synthesis.templates, 'AWS::IAM::Role').flatMap(({ properties }) => {
      const { RoleName: name, AssumeRolePolicyDocument: trust } = properties as Trusting;
      const subject =
        trust.Statement[0]?.Condition?.StringEquals?.['token.actions.githubusercontent.com:sub'];
      return subject ? [[name, subject]] : [];
    });

    const whence = { build: 'ref:refs/heads/main', deploy: 'environment:production' };
    const { repository } = readConfig(new App().node);
    const images = ['auth', 'posts', 'votes', 'gateway', 'setup', 'nats'];
    const expected = images.flatMap((image) =>
      Object.entries(whence).map(([verb, where]) => [
        `agora-${image}-${verb}`,
        `repo:${repository}:${where}:workflow_ref:${repository}/.github/workflows/${image}.yml@refs/heads/main`,
      ]),
    );
    expect(Object.fromEntries(trusted)).toEqual(Object.fromEntries(expected));
  });

  it('let a pipeline run the migration of its own service and no other task', () => {
    const template = Template.fromJSON({ Resources: synthesis.templates.AgoraVotesMigration });

    const grants = {
      PolicyDocument: {
        Statement: [
          { Action: 'ecs:RunTask', Resource: { Ref: Match.stringLikeRegexp('^Task') } },
          { Action: 'ecs:DescribeTasks' },
          {
            Action: 'iam:PassRole',
            Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
          },
        ],
      },
    };

    expect(() => template.hasResourceProperties('AWS::IAM::Policy', grants)).not.toThrow();
  });

  it('open no more connections than a role may have, also while a deployment doubles the tasks', () => {
    const { tasks, pool, beside, roleConnections } = limits;

    expect(tasks * 2 * (pool + beside)).toBeLessThanOrEqual(roleConnections);
  });

  it('give settings that the processes know', () => {
    const known = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8').matchAll(
      /^([A-Z_]+)=/gm,
    );
    const names = new Set([...known].map(([, name]) => name));
    const given = containers()
      .filter(({ Name }) => !Name.startsWith('nats-'))
      .flatMap(({ Environment, Secrets }) => [...Environment, ...Secrets].map(({ Name }) => Name));

    expect([...new Set(given)].filter((name) => !names.has(name))).toEqual([]);
  });

  it('have the settings of the product that concern them', () => {
    const containersWith = (name: string) =>
      containers()
        .filter(({ Environment }) => Environment.some((each) => each.Name === name))
        .map(({ Name }) => Name)
        .toSorted();

    expect(containersWith('PUBLIC_URL')).toEqual(['gateway']);
    expect(containersWith('PUBLIC_READS')).toEqual(['auth', 'gateway', 'posts']);
    expect(containersWith('PUBLIC_EMAILS')).toEqual(['auth', 'posts']);
    expect(containersWith('REQUIRE_CONFIRMED_EMAIL')).toEqual(['posts', 'votes']);
    for (const name of ['MAIL_FROM', 'MAIL_LINK_BASE', 'MAIL_NOTICES'])
      expect(containersWith(name)).toEqual(['auth']);
  });

  it('run the newest minor release of PostgreSQL that aws-cdk-lib knows', () => {
    const major = Number(postgresVersion.postgresMajorVersion);
    const minors = Object.keys(PostgresEngineVersion)
      .map((name) => new RegExp(`^VER_${major}_(\\d+)$`).exec(name)?.[1])
      .filter((minor) => minor !== undefined)
      .map(Number);

    expect(postgresVersion.postgresFullVersion).toBe(`${major}.${Math.max(...minors)}`);
  });
});

interface Rule {
  CidrIp?: string;
  FromPort: number;
  ToPort: number;
}

interface Container {
  Name: string;
  Command?: string[];
  Image: unknown;
  Environment: { Name: string; Value: unknown }[];
  Secrets: { Name: string }[];
}

const containers = (): Container[] =>
  all(synthesis.templates, 'AWS::ECS::TaskDefinition').flatMap(
    ({ properties }) => properties.ContainerDefinitions as Container[],
  );

/** Every rule that lets somebody in, or one between two groups that lets somebody out, as `from → to:port`. */
function edges(type = 'AWS::EC2::SecurityGroupIngress'): string[] {
  const { AgoraNetwork: network = {} } = synthesis.templates;
  const name = (reference: Resource['Properties']) =>
    /^Agora: (.*)$/.exec(
      network[reference?.['Fn::GetAtt']?.[0]]?.Properties.GroupDescription as string,
    )?.[1] ?? '?';
  const between = all({ network }, type).map(
    ({
      properties: {
        SourceSecurityGroupId: source,
        DestinationSecurityGroupId: destination,
        GroupId,
        FromPort,
      },
    }) =>
      destination
        ? `${name(GroupId)} → ${name(destination)}:${FromPort}`
        : `${name(source)} → ${name(GroupId)}:${FromPort}`,
  );
  if (type !== 'AWS::EC2::SecurityGroupIngress') return between;
  const fromAddresses = all({ network }, 'AWS::EC2::SecurityGroup').flatMap(({ properties }) =>
    ((properties.SecurityGroupIngress ?? []) as Rule[]).map(
      ({ CidrIp, FromPort }) =>
        `${CidrIp} → ${properties.GroupDescription.replace('Agora: ', '')}:${FromPort}`,
    ),
  );
  return [...fromAddresses, ...between];
}
