import type { NatsPermissions } from './nats-permissions.js';

export interface NatsAccount {
  name: string;
  users: NatsLogin[];
  /** What other accounts may ask of this one. */
  exports?: object[];
  /** What it may ask of others; an account that has this has no streams of its own. */
  imports?: object[];
}

/** A user of the server; one without `permissions` may do all within the account. */
export interface NatsLogin {
  user: string;
  password: string;
  permissions?: NatsPermissions;
}

export interface NatsConfig {
  port: number;
  storeDirectory: string;
  accounts: NatsAccount[];
  /** Every write reaches the disk before it is acknowledged, where the server (2.10 on) can do that. */
  durable: boolean;
  version: [number, number];
  loginSeconds?: number;
  /** Its place in a cluster; without it the server is alone. */
  cluster?: NatsNode;
}

/** A node of a cluster. */
export interface NatsNode {
  name: string;
  /** Where the other nodes reach it. */
  port: number;
  /** The ports by which it reaches the others. */
  routes: readonly number[];
}

/** The text of a configuration that every nats-server from 2.9 on reads. */
export function natsConfig({
  port,
  storeDirectory,
  accounts,
  durable,
  version: [major, minor],
  loginSeconds,
  cluster,
}: NatsConfig): string {
  const canSync = major > 2 || minor >= 10;
  return [
    `listen: "127.0.0.1:${port}"`,
    `server_name: "${cluster?.name ?? 'agora-local'}"`,
    // Events carry ids and facts.
    'max_payload: 64KB',
    'jetstream {',
    `  store_dir: ${JSON.stringify(storeDirectory)}`,
    // These bound what streams may reserve; left out, they follow the free disk space and differ by machine.
    '  max_memory_store: 256MB',
    '  max_file_store: 64GB',
    ...(durable && canSync ? ['  sync_interval: always'] : []),
    '}',
    ...(loginSeconds === undefined ? [] : [`authorization: { timeout: ${loginSeconds} }`]),
    ...(cluster ? clusterLines(cluster) : []),
    'accounts {',
    ...accounts.map(accountLine),
    '}',
    '',
  ].join('\n');
}

// As in `deploy/k8s`: clients know the nodes in their settings. The nodes do not announce further addresses.
const clusterLines = ({ port, routes }: NatsNode) => [
  'cluster {',
  '  name: "agora"',
  `  listen: "127.0.0.1:${port}"`,
  '  no_advertise: true',
  '  advertise: "127.0.0.1:9"',
  `  routes: [ ${routes.map((route) => `"nats://127.0.0.1:${route}"`).join(', ')} ]`,
  '}',
];

function accountLine({ name, users, exports, imports }: NatsAccount): string {
  const parts = [
    ...(imports ? [`imports: ${JSON.stringify(imports)}`] : ['jetstream: enabled']),
    `users: [ ${users.map(userEntry).join(', ')} ]`,
    ...(exports?.length ? [`exports: ${JSON.stringify(exports)}`] : []),
  ];
  return `  ${name}: { ${parts.join(', ')} }`;
}

// Strings, lists and maps of JSON mean the same in the server's own format.
const userEntry = ({ user, password, permissions }: NatsLogin): string =>
  `{ user: ${JSON.stringify(user)}, password: ${JSON.stringify(password)}` +
  `${permissions ? `, permissions: ${JSON.stringify(permissions)}` : ''} }`;
