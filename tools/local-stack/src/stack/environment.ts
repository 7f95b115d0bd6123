import type { RolePasswords } from '@agora/database';
import type { Secrets } from './secrets.js';
import {
  mailboxPortsFrom,
  portsFrom,
  services,
  type MailboxPorts,
  type Ports,
  type ProcessName,
  type ServiceName,
} from './topology.js';

export interface NatsUser {
  user: string;
  password: string;
}

export interface DatabaseAddress {
  host: string;
  port: number;
  name: string;
}

/** Everything that the environments of the processes are made from. */
export interface StackAddresses {
  ports: Record<ProcessName, Ports>;
  database: DatabaseAddress;
  databasePasswords: RolePasswords;
  /** Without a user where the server at `url` asks for none; `replicas` is on how many nodes of a cluster a stream is kept, `partitions` over how many streams events are split. */
  nats: {
    url: string;
    users: Partial<Record<ProcessName | 'streams', NatsUser>>;
    replicas?: number;
    partitions?: number;
  };
  mailbox: MailboxPorts;
  internalSecrets: Secrets['internal'];
  revocationsSecret: string;
  signingKeySecret: string;
  cursorSecret: string;
  secretKey: string;
}

// What a process needs of the machine, and the settings that a user may change at `npm start`.
const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS'];
const overridable = [
  'LOG_LEVEL',
  'EVENT_PARTITIONS',
  'ACCESS_TOKEN_EXPIRE_MINUTES',
  'JWKS_REFRESH_SECONDS',
  'REVOCATION_BLIND_SECONDS',
  'KEY_ACTIVATION_DELAY_SECONDS',
  'BCRYPT_COST',
  'PASSWORD_MIN_LENGTH',
  'PASSWORD_BLOCKLIST',
  'PUBLIC_EMAILS',
  'PUBLIC_READS',
  'REQUIRE_CONFIRMED_EMAIL',
  'COMPRESS_ANSWERS',
  'SMTP_URL',
  'MAIL_FROM',
  'MAIL_LINK_BASE',
  'MAIL_NOTICES',
  'MAIL_TEMPLATES',
  'LOGIN_FAILURES_PER_ACCOUNT',
  'LOGIN_FAILURES_CEILING',
  'LEGACY_SECRET_KEY',
  'LEGACY_TOKENS_UNTIL',
  'TRUSTED_PROXY_HOPS',
  'CORS_ALLOWED_ORIGINS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_TRACES_SAMPLER_ARG',
];

/** Demos, tests and benchmarks come from one address; the limits of production are in each `config.ts`. All but the failures of an account. */
const generousLimits: Partial<Record<ProcessName, Record<string, string>>> = {
  auth: {
    LOGIN_FAILURES_PER_ADDRESS: '60000/60',
    REGISTRATIONS_PER_ADDRESS: '1000/60',
    PASSWORD_RESETS_PER_ADDRESS: '100/3600',
  },
  gateway: {
    RATE_LIMIT_ADDRESS: '60000/60',
    RATE_LIMIT_LOGIN: '60000/60',
    RATE_LIMIT_REGISTRATION: '1000/60',
    RATE_LIMIT_REFRESH: '60000/60',
    RATE_LIMIT_USER: '600000/60',
    RATE_LIMIT_WRITES: '600000/60',
    LIVE_STREAMS_PER_ADDRESS: '2000',
  },
};

/** The addresses of a stack, with the ports of this process's environment. */
export function addressesOf(
  database: DatabaseAddress,
  nats: StackAddresses['nats'],
  secrets: Secrets,
): StackAddresses {
  return {
    ports: portsFrom(process.env),
    database,
    databasePasswords: secrets.database,
    nats,
    mailbox: mailboxPortsFrom(process.env),
    internalSecrets: secrets.internal,
    revocationsSecret: secrets.revocations,
    signingKeySecret: secrets.signingKeySecret,
    cursorSecret: secrets.cursorSecret,
    secretKey: secrets.secretKey,
  };
}

/** The whole environment of a process; `user` is the environment of the user who starts it, of which little is passed on. */
export function environmentOf(
  name: ProcessName,
  stack: StackAddresses,
  user: NodeJS.ProcessEnv = process.env,
) {
  const { port, internalPort } = stack.ports[name];
  const limits = generousLimits[name] ?? {};
  return {
    ...limits,
    ...(name === 'gateway' && { CORS_ALLOWED_ORIGINS: 'http://localhost:*' }),
    ...(name === 'auth' ? mailSettings(stack) : {}),
    ...pick(user, [...inherited, ...overridable, ...Object.keys(limits)]),
    NODE_ENV: 'development',
    // There is no load balancer that would need notice.
    SHUTDOWN_NOTICE_SECONDS: '0',
    HOST: '127.0.0.1',
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    ...tokenSettings(stack, user),
    ...natsSettings(name, stack),
    ...(name === 'gateway' ? {} : serviceSettings(name, stack)),
    ...ownSettings[name]?.(stack),
  };
}

/** The environment of a service's migrations, which run as the role that may change its schema. */
export function migrationEnvironmentOf(
  name: ServiceName,
  stack: StackAddresses,
  user: NodeJS.ProcessEnv = process.env,
) {
  return { ...environmentOf(name, stack, user), ...databaseSettings(name, 'migrator', stack) };
}

/** The environment of the commands that a service's operators run: they ask others that the service itself need not ask. */
export function operationsEnvironmentOf(name: ServiceName, stack: StackAddresses) {
  const { auth, votes } = stack.ports;
  return {
    ...environmentOf(name, stack),
    AUTH_INTERNAL_URL: origin(auth.internalPort),
    AUTH_INTERNAL_SECRET: stack.internalSecrets.auth,
    VOTES_INTERNAL_URL: origin(votes.internalPort),
    VOTES_INTERNAL_SECRET: stack.internalSecrets.votes,
  };
}

function tokenSettings({ ports, secretKey, revocationsSecret }: StackAddresses, user: NodeJS.ProcessEnv) {
  const algorithm = user.ALGORITHM || 'ES256';
  return {
    ALGORITHM: algorithm,
    ...(algorithm === 'HS256' ? { SECRET_KEY: user.SECRET_KEY || secretKey } : {}),
    TOKEN_ISSUER: user.TOKEN_ISSUER || origin(ports.gateway.port),
    TOKEN_AUDIENCE: 'agora',
    JWKS_URL: `${origin(ports.auth.internalPort)}/internal/jwks.json`,
    REVOCATIONS_URL: `${origin(ports.auth.internalPort)}/internal/revocations`,
    REVOCATIONS_SECRET: revocationsSecret,
  };
}

/** There is no front end here; the documentation is where a token from a mail can be tried. */
const mailSettings = ({ mailbox, ports }: StackAddresses) => ({
  SMTP_URL: `smtp://127.0.0.1:${mailbox.smtpPort}`,
  MAIL_FROM: 'Agora <no-reply@agora.example>',
  MAIL_LINK_BASE: `${origin(ports.gateway.port)}/docs`,
});

export function natsSettings(name: ProcessName | 'streams', { nats }: Pick<StackAddresses, 'nats'>) {
  const user = nats.users[name];
  return {
    NATS_URL: nats.url,
    ...(nats.replicas && { STREAM_REPLICAS: String(nats.replicas) }),
    ...(nats.partitions && { EVENT_PARTITIONS: String(nats.partitions) }),
    ...(user ? { NATS_USER: user.user, NATS_PASSWORD: user.password } : {}),
  };
}

const serviceSettings = (name: ServiceName, stack: StackAddresses) => ({
  ...databaseSettings(name, 'app', stack),
  INTERNAL_SECRET: stack.internalSecrets[name],
});

function databaseSettings(
  name: ServiceName,
  role: 'app' | 'migrator',
  { database, databasePasswords }: StackAddresses,
) {
  return {
    DATABASE_HOST: database.host,
    DATABASE_PORT: String(database.port),
    DATABASE_NAME: database.name,
    DATABASE_USER: `${name}_${role}`,
    DATABASE_PASSWORD: databasePasswords[name][role],
  };
}

/** A process's settings beyond those of all processes. */
const ownSettings: Partial<Record<ProcessName, (stack: StackAddresses) => Record<string, string>>> = {
  auth: ({ ports, internalSecrets, signingKeySecret }) => ({
    SIGNING_KEY_SECRET: signingKeySecret,
    POSTS_INTERNAL_URL: origin(ports.posts.internalPort),
    POSTS_INTERNAL_SECRET: internalSecrets.posts,
    VOTES_INTERNAL_URL: origin(ports.votes.internalPort),
    VOTES_INTERNAL_SECRET: internalSecrets.votes,
  }),
  posts: ({ ports, internalSecrets, cursorSecret }) => ({
    AUTH_INTERNAL_URL: origin(ports.auth.internalPort),
    AUTH_INTERNAL_SECRET: internalSecrets.auth,
    VOTES_INTERNAL_URL: origin(ports.votes.internalPort),
    VOTES_INTERNAL_SECRET: internalSecrets.votes,
    CURSOR_SECRET: cursorSecret,
  }),
  votes: ({ ports, internalSecrets }) => ({
    AUTH_INTERNAL_URL: origin(ports.auth.internalPort),
    AUTH_INTERNAL_SECRET: internalSecrets.auth,
    POSTS_INTERNAL_URL: origin(ports.posts.internalPort),
    POSTS_INTERNAL_SECRET: internalSecrets.posts,
  }),
  gateway: ({ ports }) => ({
    PUBLIC_URL: origin(ports.gateway.port),
    ...Object.fromEntries(services.map((name) => [`${name.toUpperCase()}_URL`, origin(ports[name].port)])),
  }),
};

function origin(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function pick(environment: NodeJS.ProcessEnv, names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}
