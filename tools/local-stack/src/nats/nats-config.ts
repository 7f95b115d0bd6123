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
}

/** The text of a configuration that every nats-server from 2.9 on reads. */
export function natsConfig({
  port,
  storeDirectory,
  accounts,
  durable,
  version: [major, minor],
  loginSeconds,
}: NatsConfig): string {
  const canSync = major > 2 || minor >= 10;
  return [
    `listen: "127.0.0.1:${port}"`,
    'server_name: "agora-local"',
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
    'accounts {',
    ...accounts.map(accountLine),
    '}',
    '',
  ].join('\n');
}

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
