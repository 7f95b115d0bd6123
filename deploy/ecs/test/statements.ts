import { all, type Resource, type Templates } from './synthesize.js';

/** Says where a template breaks it; the ids are those of the security contract. */
type Statement = (templates: Templates) => string[];

type Properties = Resource['Properties'];

const containers = (templates: Templates) =>
  all(templates, 'AWS::ECS::TaskDefinition').flatMap(({ where, properties }) =>
    (properties.ContainerDefinitions as Properties[]).map((container) => ({ where, container })),
  );

/** The places for which `isRight` does not hold. */
const where = <Each extends { where: string }>(
  things: Each[],
  isRight: (thing: Each) => boolean,
): string[] =>
  things.length === 0 ? ['there is none'] : things.filter((each) => !isRight(each)).map((each) => each.where);

const ofEveryContainer =
  (isRight: (container: Properties) => boolean): Statement =>
  (templates) =>
    where(containers(templates), ({ container }) => isRight(container));

const ofEvery =
  (type: string, isRight: (properties: Properties) => boolean): Statement =>
  (templates) =>
    where(all(templates, type), ({ properties }) => isRight(properties));

const list = <Value>(value: Value | Value[] | undefined): Value[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const attribute = (properties: Properties, key: string) =>
  (properties.LoadBalancerAttributes as { Key: string; Value: unknown }[]).find(({ Key }) => Key === key)
    ?.Value;

/** `{"Fn::Join":["",[arn,":password::"]]}` reads one field of the secret `arn`. */
const secretOf = (valueFrom: Properties): string =>
  JSON.stringify(valueFrom['Fn::Join']?.[1]?.[0] ?? valueFrom);

interface Grant {
  Action: string | string[];
  Resource: unknown;
}

const grantsOf = (resources: Record<string, Resource>, role: string): Grant[] =>
  Object.values(resources)
    .filter(
      ({ Type, Properties }) =>
        Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.Roles).includes(`"${role}"`),
    )
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Grant[]);

/** Looks at the one container of each task, and at what its two roles are and may. */
const ofEveryTask =
  (
    isRight: (task: {
      execution: Grant[];
      own: Grant[];
      container: Properties;
      roles: (Resource | undefined)[];
    }) => boolean,
  ): Statement =>
  (templates) =>
    where(
      all(templates, 'AWS::ECS::TaskDefinition').map(({ where: place, properties }) => {
        const resources = templates[place.split('/')[0] ?? ''] ?? {};
        const id = (role: string): string => properties[role]['Fn::GetAtt'][0];
        return {
          where: place,
          container: properties.ContainerDefinitions[0],
          execution: grantsOf(resources, id('ExecutionRoleArn')),
          own: grantsOf(resources, id('TaskRoleArn')),
          roles: [resources[id('ExecutionRoleArn')], resources[id('TaskRoleArn')]],
        };
      }),
      isRight,
    );

const readsSecrets = ({ Action }: Grant) =>
  list(Action).some((action) => action.startsWith('secretsmanager:'));

export const statements = {
  'X-4 the root file system is read-only': ofEveryContainer(
    ({ ReadonlyRootFilesystem }) => ReadonlyRootFilesystem === true,
  ),
  'X-4 the user is a number and not root': ofEveryContainer(({ User }) => User === '10001:10001'),
  'X-4 all capabilities are dropped and none is added': ofEveryContainer(
    ({ LinuxParameters }) => JSON.stringify(LinuxParameters?.Capabilities) === '{"Drop":["ALL"]}',
  ),
  'X-4 nothing is privileged': ofEveryContainer(({ Privileged }) => Privileged === false),
  'X-4 every task has its own network interface': ofEvery(
    'AWS::ECS::TaskDefinition',
    ({ NetworkMode, RequiresCompatibilities }) =>
      NetworkMode === 'awsvpc' && JSON.stringify(RequiresCompatibilities) === '["FARGATE"]',
  ),
  'X-4 no task has a public address': ofEvery(
    'AWS::ECS::Service',
    ({ NetworkConfiguration }) => NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp === 'DISABLED',
  ),
  'X-4 every service has one security group of its own': (templates) => {
    const services = all(templates, 'AWS::ECS::Service').filter(
      ({ where: place }) => !/AgoraNats[23]/.test(place),
    );
    const groups = services.map(
      ({ properties }) => properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups as unknown[],
    );
    const texts = groups.map((each) => JSON.stringify(each));
    return services
      .filter((_, index) => groups[index]?.length !== 1 || texts.indexOf(texts[index] ?? '') !== index)
      .map((service) => service.where);
  },
  'X-4 ECS Exec is off': ofEvery(
    'AWS::ECS::Service',
    ({ EnableExecuteCommand }) => EnableExecuteCommand === false,
  ),
  'X-4 an execution role reads exactly the secrets of its container': ofEveryTask(
    ({ execution, container }) => {
      const granted = execution
        .filter(readsSecrets)
        .flatMap(({ Resource }) => list(Resource))
        .map((each) => JSON.stringify(each));
      const used = (container.Secrets as { ValueFrom: Properties }[]).map(({ ValueFrom }) =>
        secretOf(ValueFrom),
      );
      return used.length > 0 && JSON.stringify(granted.toSorted()) === JSON.stringify(used.toSorted());
    },
  ),
  'X-4 an execution role does nothing but read secrets, fetch its image and write its log': ofEveryTask(
    ({ execution }) =>
      execution
        .flatMap(({ Action }) => list(Action))
        .every((action) =>
          /^(secretsmanager:(Get|Describe)|ecr:(Get|Batch)|logs:(CreateLogStream|PutLogEvents))/.test(action),
        ),
  ),
  'X-4 a task itself may do nothing in AWS, but NATS mount its store': ofEveryTask(({ own, container }) =>
    own
      .flatMap(({ Action }) => list(Action))
      .every(
        (action) =>
          String(container.Name).startsWith('nats-') &&
          /^elasticfilesystem:Client(Mount|Write)$/.test(action),
      ),
  ),
  'X-4 roles of tasks have no managed policies and are for ECS alone': ofEveryTask(({ roles }) =>
    roles.every(
      (role) =>
        role &&
        !role.Properties.ManagedPolicyArns &&
        !role.Properties.Policies &&
        JSON.stringify(role.Properties.AssumeRolePolicyDocument).includes(
          '"Service":"ecs-tasks.amazonaws.com"',
        ),
    ),
  ),
  'X-4 logs are encrypted and forgotten in time': ofEvery(
    'AWS::Logs::LogGroup',
    ({ KmsKeyId, RetentionInDays }) => Boolean(KmsKeyId) && RetentionInDays <= 90,
  ),
  'X-4 every container logs': ofEveryContainer(
    ({ LogConfiguration }) => LogConfiguration?.LogDriver === 'awslogs',
  ),
  'X-4 the load balancer drops invalid headers and is strict about framing': ofEvery(
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    (balancer) =>
      attribute(balancer, 'routing.http.drop_invalid_header_fields.enabled') === 'true' &&
      attribute(balancer, 'routing.http.desync_mitigation_mode') === 'strictest' &&
      attribute(balancer, 'access_logs.s3.enabled') === 'true',
  ),
  'X-4 clients speak TLS 1.2 or 1.3': ofEvery(
    'AWS::ElasticLoadBalancingV2::Listener',
    ({ Port, Protocol, SslPolicy }) =>
      Port === 443 &&
      Protocol === 'HTTPS' &&
      /^ELBSecurityPolicy-TLS13-1-[23]-(Res-)?/.test(SslPolicy as string),
  ),
  'G-8 exactly one proxy is trusted, and it appends': (templates) => [
    ...where(
      containers(templates).filter(({ container }) => container.Name === 'gateway'),
      ({ container }) =>
        (container.Environment as { Name: string; Value: string }[]).some(
          ({ Name, Value }) => Name === 'TRUSTED_PROXY_HOPS' && Value === '1',
        ),
    ),
    ...ofEvery(
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
      (balancer) => attribute(balancer, 'routing.http.xff_header_processing.mode') === 'append',
    )(templates),
  ],
  'G-6 the load balancer gives up idle connections before the gateway does': ofEvery(
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    (balancer) => Number(attribute(balancer, 'idle_timeout.timeout_seconds')) < 72,
  ),
  'K-2 no setting is a secret': ofEveryContainer(({ Environment }) =>
    (Environment as { Name: string; Value: unknown }[]).every(
      ({ Name, Value }) =>
        !/PASSWORD|SECRET|KEY|CREDENTIAL|TOKEN$/.test(Name) &&
        !JSON.stringify(Value).includes('resolve:secretsmanager'),
    ),
  ),
  'K-2 every secret is made by AWS and never written down': (templates) =>
    where(
      all(templates, 'AWS::SecretsManager::Secret'),
      ({ properties }) => Boolean(properties.GenerateSecretString) && !properties.SecretString,
    ),
  'K-2 no two processes have a secret in common, but for what one asks the other for': (templates) => {
    const readers = new Map<string, Set<string>>();
    for (const { container } of containers(templates)) {
      // An audit is one of its service, and works as its role.
      const name = String(container.Name)
        .replace(/^nats-\d$/, 'nats')
        .replace(/-audit$/, '');
      // The task that creates the roles and the one that checks NATS passwords need them.
      if (name === 'provision' || name === 'nats') continue;
      const secrets = container.Secrets as { Name: string; ValueFrom: Properties }[];
      for (const { ValueFrom } of secrets.filter(
        ({ Name }) => !/^(([A-Z]+_)?INTERNAL|REVOCATIONS)_SECRET$/.test(Name),
      ))
        readers.set(secretOf(ValueFrom), (readers.get(secretOf(ValueFrom)) ?? new Set()).add(name));
    }
    return [...readers.values()].filter(({ size }) => size > 1).map((names) => [...names].join(' and '));
  },
  'D-2 PostgreSQL refuses connections without TLS': ofEvery(
    'AWS::RDS::DBParameterGroup',
    ({ Parameters }) =>
      Parameters['rds.force_ssl'] === '1' && Parameters.ssl_min_protocol_version === 'TLSv1.2',
  ),
  'F-5 PostgreSQL logs no statement, neither with an error nor as a slow one': ofEvery(
    'AWS::RDS::DBParameterGroup',
    ({ Parameters }) =>
      Parameters.log_error_verbosity === 'terse' &&
      Parameters.log_min_error_statement === 'panic' &&
      Parameters.log_min_duration_statement === '-1',
  ),
  'D-2 clients of the database verify the server': (templates) =>
    where(
      containers(templates).filter(({ container }) =>
        JSON.stringify(container.Environment).includes('DATABASE_HOST'),
      ),
      ({ container }) =>
        (container.Environment as { Name: string; Value: unknown }[]).some(
          ({ Name, Value }) =>
            Name === 'DATABASE_SSL_CA' && String(Value).startsWith('-----BEGIN CERTIFICATE-----'),
        ),
    ),
  'D-3 PostgreSQL is encrypted, in two zones, backed up, and hard to delete': ofEvery(
    'AWS::RDS::DBInstance',
    (instance) =>
      instance.StorageEncrypted === true &&
      Boolean(instance.KmsKeyId) &&
      instance.MultiAZ === true &&
      instance.PubliclyAccessible === false &&
      instance.BackupRetentionPeriod >= 7 &&
      instance.DeletionProtection === true &&
      instance.AutoMinorVersionUpgrade === true,
  ),
  'D-3 PostgreSQL has the fixes of February 2026': ofEvery('AWS::RDS::DBInstance', ({ EngineVersion }) => {
    const [major = 0, minor = 0] = String(EngineVersion).split('.').map(Number);
    const floors: Record<number, number> = { 15: 16, 16: 12, 17: 8, 18: 2 };
    return minor >= (floors[major] ?? Infinity);
  }),
  'N-1 the store of NATS is encrypted at rest and on its way': (templates) => [
    ...ofEvery('AWS::EFS::FileSystem', ({ Encrypted }) => Encrypted === true)(templates),
    ...where(
      all(templates, 'AWS::ECS::TaskDefinition').filter(({ where: place }) => /^AgoraNats\d/.test(place)),
      ({ properties }) => {
        const volume = properties.Volumes?.[0]?.EFSVolumeConfiguration;
        return volume?.TransitEncryption === 'ENABLED' && volume.AuthorizationConfig.IAM === 'ENABLED';
      },
    ),
  ],
  'nobody may do everything, or something to everything': (templates) =>
    all(templates, 'AWS::IAM::Policy').flatMap(({ where: place, properties }) =>
      (properties.PolicyDocument.Statement as Grant[])
        .filter(
          ({ Action, Resource }) =>
            list(Action).some((action) => action.includes('*')) ||
            (list(Resource).includes('*') && JSON.stringify(Action) !== '"ecr:GetAuthorizationToken"'),
        )
        .map(() => place),
    ),
} satisfies Record<string, Statement>;
