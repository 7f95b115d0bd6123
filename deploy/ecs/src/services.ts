import { privateDomain } from './stacks/cluster-stack.js';
import type { Config } from './config.js';
import type { Owner } from './stacks/database-stack.js';

/** The size of a service and its settings beyond those of all services. */
export interface ServiceOptions {
  port: number;
  internalPort: number;
  cpu: number;
  memory: number;
  environment: Record<string, string>;
}

const at = (name: string, port: number) => `http://${name}.${privateDomain}:${port}`;

/** All services but auth fetch the keys of tokens and the revocations there. */
const verifier = {
  JWKS_URL: `${at('auth', 9001)}/internal/jwks.json`,
  REVOCATIONS_URL: `${at('auth', 9001)}/internal/revocations`,
};

/** Told to every process. */
export const processSettings = {
  NODE_ENV: 'production',
  ALGORITHM: 'ES256',
  ACCESS_TOKEN_EXPIRE_MINUTES: '15',
  // Less than stopTimeout, after which ECS kills.
  SHUTDOWN_TIMEOUT_SECONDS: '20',
};

/** How many tasks of a service there are at most, and how many connections each opens; a role may have 100, and a deployment doubles the tasks. */
export const limits = { tasks: 6, pool: 6, beside: 2, roleConnections: 100 };

/** The services that own a schema: a stack and a team each. */
export const services: Record<Owner, ServiceOptions> = {
  // bcrypt dominates the cost: hash as many passwords at once as there are cores.
  auth: {
    port: 8001,
    internalPort: 9001,
    cpu: 2048,
    memory: 4096,
    environment: {
      BCRYPT_COST: '12',
      BCRYPT_CONCURRENCY: '2',
      POSTS_INTERNAL_URL: at('posts', 9002),
      VOTES_INTERNAL_URL: at('votes', 9003),
    },
  },
  posts: {
    port: 8002,
    internalPort: 9002,
    cpu: 1024,
    memory: 2048,
    environment: {
      ...verifier,
      AUTH_INTERNAL_URL: at('auth', 9001),
      VOTES_INTERNAL_URL: at('votes', 9003),
    },
  },
  votes: {
    port: 8003,
    internalPort: 9003,
    cpu: 1024,
    memory: 2048,
    environment: {
      ...verifier,
      AUTH_INTERNAL_URL: at('auth', 9001),
      POSTS_INTERNAL_URL: at('posts', 9002),
    },
  },
};

/** What the product does, set for the services that it concerns. */
export function productSettings(config: Config): Record<Owner | 'gateway', Record<string, string>> {
  const reads = { PUBLIC_READS: config.publicReads };
  const addresses = { PUBLIC_EMAILS: config.publicEmails };
  const writes = { REQUIRE_CONFIRMED_EMAIL: config.requireConfirmedEmail };
  const mail = {
    MAIL_FROM: config.mailFrom,
    MAIL_LINK_BASE: config.mailLinkBase,
    MAIL_NOTICES: config.mailNotices,
  };
  return {
    auth: { ...reads, ...addresses, ...mail },
    posts: { ...reads, ...addresses, ...writes },
    votes: writes,
    gateway: reads,
  };
}

/** The services that keep others' data, and whom the audit of each asks. */
export type Audited = 'posts' | 'votes';
export const auditSettings: Record<Audited, Record<string, string>> = {
  posts: { AUTH_INTERNAL_URL: at('auth', 9001), VOTES_INTERNAL_URL: at('votes', 9003) },
  votes: { AUTH_INTERNAL_URL: at('auth', 9001), POSTS_INTERNAL_URL: at('posts', 9002) },
};

export const gateway: ServiceOptions = {
  port: 8000,
  internalPort: 9000,
  cpu: 1024,
  memory: 2048,
  environment: {
    ...verifier,
    AUTH_URL: at('auth', 8001),
    POSTS_URL: at('posts', 8002),
    VOTES_URL: at('votes', 8003),
    // The load balancer, and nothing else, appends one address to X-Forwarded-For.
    TRUSTED_PROXY_HOPS: '1',
  },
};
