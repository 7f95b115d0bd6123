import type { Node } from 'constructs';

/** What differs from one account to another; each is a CDK context value (`cdk deploy -c domain=…`, or `cdk.json`). */
export interface Config {
  region: string;
  /** Three of the region's zones. Asking AWS for them would need an account at every synth. */
  zones: string[];
  /** The name that clients use, and the ACM certificate for it. */
  domain: string;
  certificateArn: string;
  /** Whom mail is from, in a domain that SES has verified, and the page that its links open. */
  mailFrom: string;
  mailLinkBase: string;
  /** Which notices are mailed, separated by commas, or `none`; all by default. */
  mailNotices: string;
  /** `true` or `false`: whether posts and users are read without a token, everybody sees addresses, and only confirmed ones write. */
  publicReads: string;
  publicEmails: string;
  requireConfirmedEmail: string;
  /** How services log in to PostgreSQL: by passwords that Secrets Manager keeps, or by tokens that their task roles may sign. */
  databaseAuth: 'password' | 'iam';
  /** Whether a standby takes the reads of posts and votes. */
  databaseReplica: boolean;
  /** The GitHub repository whose pipelines may deploy, as `owner/name`. */
  repository: string;
}

/** The settings; missing ones become placeholders that are good enough to synthesize and test. */
export function readConfig(node: Node): Config {
  const given = (name: string, otherwise: string) =>
    String((node.tryGetContext(name) as string | undefined) ?? otherwise);
  const region = given('region', 'eu-central-1');
  const domain = given('domain', 'agora.example');
  return {
    region,
    zones: given('zones', `${region}a,${region}b,${region}c`).split(','),
    domain,
    mailFrom: given('mailFrom', `Agora <no-reply@${domain}>`),
    mailLinkBase: given('mailLinkBase', `https://${domain}/account`),
    mailNotices: given('mailNotices', ''),
    publicReads: given('publicReads', 'false'),
    publicEmails: given('publicEmails', 'false'),
    requireConfirmedEmail: given('requireConfirmedEmail', 'false'),
    certificateArn: given('certificateArn', `arn:aws:acm:${region}:111111111111:certificate/placeholder`),
    databaseAuth: given('databaseAuth', 'password') === 'iam' ? 'iam' : 'password',
    databaseReplica: given('databaseReplica', 'false') === 'true',
    repository: given('repository', 'example/agora'),
  };
}
