import { randomBytes } from 'node:crypto';
import {
  addressesOf,
  makeSecrets,
  processes,
  type NatsUser,
  type Ports,
  type ProcessName,
  type Secrets,
  type StackAddresses,
} from '@agora/local-stack';
import { likelyFreePorts } from '@agora/testing';

/** The credentials and addresses of every process. */
export interface Addresses {
  secrets: Secrets;
  natsUsers: Record<ProcessName | 'streams', NatsUser>;
  /** May do all that the account can. */
  natsAdministrator: NatsUser;
  /** Where the balancer of a process listens. */
  balanced: Record<ProcessName, Ports>;
  /** Of each process, the ports of its replicas. */
  replicas: Record<ProcessName, Ports[]>;
}

/** How many replicas a process has unless it is said otherwise. */
const usualReplicas = 2;

/** Finds free ports, and makes secrets unless the data that is there needs those it has. */
export async function chooseAddresses(
  secrets = makeSecrets(),
  replicas: Partial<Record<ProcessName, number>> = {},
): Promise<Addresses> {
  const users = ([...processes, 'streams'] as const).map(
    (name) => [name, { user: name, password: secrets.nats[name] }] as const,
  );
  return {
    secrets,
    natsUsers: Object.fromEntries(users) as Addresses['natsUsers'],
    natsAdministrator: { user: 'chaos', password: randomBytes(16).toString('hex') },
    balanced: await forEachProcess(likelyFreePorts),
    replicas: await forEachProcess(async (name) => {
      const ports: Ports[] = [];
      while (ports.length < (replicas[name] ?? usualReplicas)) ports.push(await likelyFreePorts());
      return ports;
    }),
  };
}

async function forEachProcess<Value>(
  make: (name: ProcessName) => Promise<Value>,
): Promise<Record<ProcessName, Value>> {
  const entries: [ProcessName, Value][] = [];
  for (const name of processes) entries.push([name, await make(name)]);
  return Object.fromEntries(entries) as Record<ProcessName, Value>;
}

/** A process's addresses of the others: their balancers, and its own proxies to the servers. */
export const stackOf = (
  { secrets, natsUsers, balanced }: Addresses,
  at: { postgres: number; nats: string; nodes: number; partitions: number; smtp: number },
): StackAddresses => ({
  ...addressesOf(
    { host: '127.0.0.1', port: at.postgres, name: 'agora' },
    { url: at.nats, users: natsUsers, replicas: at.nodes, partitions: at.partitions },
    secrets,
  ),
  ports: balanced,
  mailbox: { port: 0, smtpPort: at.smtp },
});
