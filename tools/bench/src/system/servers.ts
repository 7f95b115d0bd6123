import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  findNatsServer,
  makeSecrets,
  permissionsOf,
  processes,
  startNats,
  startPostgres,
  type NatsUser,
  type ProcessName,
  type Secrets,
} from '@agora/local-stack';
import type { Stops } from './stops.js';

/** PostgreSQL and NATS, durable as in production, with room for the two systems that a run may have. */
export interface Servers {
  secrets: Secrets;
  postgres: { host: string; port: number; user: string; password: string; pid: number };
  nats: { url: string; pid: number; users: Record<SystemName, Record<ProcessName | 'streams', NatsUser>> };
}

/** The system that everything is measured on, and the one with ten times the data, or a tenth. */
export type SystemName = (typeof systemNames)[number];

const systemNames = ['usual', 'small', 'large'] as const;

export interface ServersOptions {
  folder: string;
  logs: string;
  signal: AbortSignal;
  announce(line: string): void;
}

/** Starts PostgreSQL and NATS. */
export async function startServers(
  { folder, logs, signal, announce }: ServersOptions,
  stops: Stops,
): Promise<Servers> {
  const secrets = makeSecrets();
  const postgres = await startPostgres({
    dataDirectory: join(folder, 'postgres'),
    password: secrets.postgres,
    durable: true,
    logFile: join(logs, 'postgres.log'),
  });
  stops.add(() => postgres.stop());
  signal.throwIfAborted();
  const users = { usual: usersOf('usual'), small: usersOf('small'), large: usersOf('large') };
  const nats = await startNats({
    binary: await findNatsServer(announce, signal),
    storeDirectory: join(folder, 'nats'),
    accounts: systemNames.map((name) => ({
      name: name.toUpperCase(),
      users: [
        ...processes.map((each) => ({
          ...users[name][each],
          permissions: permissionsOf(each, users[name][each].user),
        })),
        users[name].streams,
      ],
    })),
    durable: true,
    logFile: join(logs, 'nats.log'),
  });
  stops.add(() => nats.stop());
  const { host, port, user, password } = postgres;
  return {
    secrets,
    postgres: { host, port, user, password, pid: postgres.process.pid },
    nats: { url: nats.url, pid: nats.process.pid, users },
  };
}

function usersOf(system: SystemName): Record<ProcessName | 'streams', NatsUser> {
  const names = [...processes, 'streams'] as const;
  const users = names.map((name) => [
    name,
    { user: `${system}_${name}`, password: randomBytes(16).toString('hex') },
  ]);
  return Object.fromEntries(users) as Record<ProcessName | 'streams', NatsUser>;
}
