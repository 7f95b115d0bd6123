/** The security groups: one for each thing that listens or calls. */
export const groups = [
  'load-balancer',
  'gateway',
  'auth',
  'posts',
  'votes',
  'migration',
  'audit',
  'provision',
  'streams',
  'database',
  'nats',
  'nats-storage',
  'endpoints',
] as const;
export type Group = (typeof groups)[number];

/** The connections that are allowed, and their ports; all others are denied. */
export const edges: readonly (readonly [from: Group, to: Group, port: number])[] = [
  ['load-balancer', 'gateway', 8000],

  ['gateway', 'auth', 8001],
  ['gateway', 'posts', 8002],
  ['gateway', 'votes', 8003],

  // Key sets, read-through, the caller's votes on a page, exports: internal ports, between services alone.
  ['gateway', 'auth', 9001],
  ['posts', 'auth', 9001],
  ['votes', 'auth', 9001],
  ['votes', 'posts', 9002],
  ['posts', 'votes', 9003],
  ['auth', 'posts', 9002],
  ['auth', 'votes', 9003],

  // The audits, which compare services with each other.
  ['audit', 'auth', 9001],
  ['audit', 'posts', 9002],
  ['audit', 'votes', 9003],

  ['auth', 'database', 5432],
  ['posts', 'database', 5432],
  ['votes', 'database', 5432],
  ['migration', 'database', 5432],
  ['audit', 'database', 5432],
  ['provision', 'database', 5432],

  ['gateway', 'nats', 4222],
  ['auth', 'nats', 4222],
  ['posts', 'nats', 4222],
  ['votes', 'nats', 4222],
  ['streams', 'nats', 4222],
  ['nats', 'nats', 6222],
  ['nats', 'nats-storage', 2049],
];

/** The groups of tasks: they fetch images and secrets and send logs through the VPC endpoints. */
export const taskGroups = [
  'gateway',
  'auth',
  'posts',
  'votes',
  'migration',
  'audit',
  'provision',
  'streams',
  'nats',
] as const;
