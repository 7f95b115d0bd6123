import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acceptAt } from '../constructs/accept.js';
import type { Config } from '../config.js';

/** What is built: the four processes, the command that prepares the database, and NATS with its configuration. */
const images = ['auth', 'posts', 'votes', 'gateway', 'setup', 'nats'] as const;
type Image = (typeof images)[number];

const issuer = 'token.actions.githubusercontent.com';

/**
 * Where images are kept, and as whom pipelines come in: by GitHub's short-lived tokens, one pair of roles per image, for that image's own workflow alone. The
 * repository's tokens must name the workflow in their subject (README).
 */
export class DeliveryStack extends Stack {
  readonly repository: Record<Image, ecr.Repository>;
  /** Deploys; only from the GitHub environment `production`, where people approve. */
  readonly deployer: Record<Image, iam.Role>;

  constructor(scope: Construct, id: string, { config, ...props }: StackProps & { config: Config }) {
    super(scope, id, props);
    const provider = new iam.CfnOIDCProvider(this, 'GitHub', {
      url: `https://${issuer}`,
      clientIdList: ['sts.amazonaws.com'],
    });
    const { repository: source } = config;
    const role = (image: Image, name: string, subject: string, description: string) => {
      const workflow = `${source}/.github/workflows/${image}.yml@refs/heads/main`;
      return new iam.Role(this, name, {
        roleName: name,
        description,
        maxSessionDuration: Duration.hours(1),
        assumedBy: new iam.WebIdentityPrincipal(provider.attrArn, {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: `repo:${source}:${subject}:workflow_ref:${workflow}`,
          },
        }),
      });
    };
    const entries = images.map((image) => {
      const repository = this.imageRepository(image);
      const builder = role(
        image,
        `agora-${image}-build`,
        'ref:refs/heads/main',
        `Pushes the image of ${image}`,
      );
      repository.grantPullPush(builder);
      acceptAt(builder, { 'AwsSolutions-IAM5': 'ecr:GetAuthorizationToken can be given for * only.' });
      const deployer = role(image, `agora-${image}-deploy`, 'environment:production', `Deploys ${image}`);
      // It looks at the signature of what it deploys.
      repository.grantPull(deployer);
      this.mayDeploy(deployer);
      return { image, repository, deployer };
    });
    this.repository = Object.fromEntries(
      entries.map(({ image, repository }) => [image, repository]),
    ) as typeof this.repository;
    this.deployer = Object.fromEntries(
      entries.map(({ image, deployer }) => [image, deployer]),
    ) as typeof this.deployer;
  }

  private imageRepository(image: Image): ecr.Repository {
    return new ecr.Repository(this, `${image}-images`, {
      repositoryName: `agora-${image}`,
      // What was scanned, signed and tried is what runs: no tag is given to another image later.
      imageTagMutability: ecr.TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      encryption: ecr.RepositoryEncryption.KMS,
      lifecycleRules: [
        {
          maxImageCount: 300,
          description: 'Enough to roll back: each is one for both platforms and one a platform',
        },
      ],
    });
  }

  /** `cdk deploy` works through the roles that `cdk bootstrap` made; stacks say where tasks run. */
  private mayDeploy(deployer: iam.Role): void {
    const { account, region } = this;
    deployer.addToPolicy(
      new iam.PolicyStatement({
        actions: ['sts:AssumeRole'],
        resources: ['deploy', 'file-publishing', 'lookup'].map(
          (kind) => `arn:aws:iam::${account}:role/cdk-hnb659fds-${kind}-role-${account}-${region}`,
        ),
      }),
    );
    deployer.addToPolicy(
      new iam.PolicyStatement({
        actions: ['cloudformation:DescribeStacks'],
        resources: [`arn:aws:cloudformation:${region}:${account}:stack/Agora*/*`],
      }),
    );
    acceptAt(deployer, {
      'AwsSolutions-IAM5':
        'ecr:GetAuthorizationToken can be given for * only, and the name of a stack ends in a random id: it may describe stacks of Agora alone.',
    });
  }
}
