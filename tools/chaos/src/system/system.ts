import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { provisionDatabase } from '@agora/database';
import {
  checkout,
  findNatsServer,
  migrateAll,
  migrationEnvironmentOf,
  operateScript,
  permissionsOf,
  processes,
  startProcess,
  type NatsAccount,
  type Secrets,
  type ProcessName,
  type ServerProcess,
  type ServiceName,
  type StackAddresses,
} from '@agora/local-stack';
import type pg from 'pg';
import { chooseAddresses, stackOf, type Addresses } from './addresses.js';
import { openAdministration, type Administration } from './administration.js';
import { openMailServer, type MailServer, type ReceivedMail } from './mail-server.js';
import type { Replica } from './replica.js';
import { startDatabaseServer, startEventServer, type EventServer, type Server } from './servers.js';
import { startEveryReplica, type Stop } from './start-replicas.js';

/** A whole Agora: two replicas of every process, each way to PostgreSQL and NATS through a fault proxy of its own. */
export interface System {
  /** What clients call. */
  origin: string;
  replicas: readonly Replica[];
  postgres: Server;
  nats: EventServer;
  /** Who may log in to NATS. */
  natsAccounts: NatsAccount[];
  mail: MailServer;
  administration: Administration;
  /** What the commands of operators are told. */
  stack: StackAddresses;
  /** How the administrator of the database connects. */
  database: pg.ClientConfig;
  secrets: Secrets;
  /** Breaks connections to services in the middle of an answer, after so many more bytes of answers on each. */
  cutAnswersAfter(bytes: number): void;
  /** Keeps a replica from clients until it is restored; connections that lead there are reset. */
  withdraw(replica: Replica): void;
  /** Starts the migration command of a service. */
  migrate(service: ServiceName, verb: 'up' | 'down'): Promise<ServerProcess>;
  stop(): Promise<void>;
}

export interface SystemOptions {
  /** Where PostgreSQL and NATS keep their data. */
  folder: string;
  logs: string;
  /** A known fault that the processes are started with. */
  mutation?: string | undefined;
  /** Those of the data that is in the folder already. */
  secrets?: Secrets;
  /** The mails that have come already. */
  received?: readonly ReceivedMail[];
  /** Fills the database, as its administrator, before any process runs. */
  prepare?(database: pg.ClientConfig): Promise<void>;
  signal: AbortSignal;
  announce(line: string): void;
}

/** Starts everything and waits until it is ready. What was started is stopped again when that fails. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const stops: Stop[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each().catch(() => undefined);
  };
  try {
    const system = await startParts(options, stops);
    await untilAllReady(system.replicas, options.signal);
    return {
      ...system,
      async stop() {
        await Promise.all(system.replicas.map((replica) => replica.stop()));
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: SystemOptions, stops: Stop[]): Promise<Omit<System, 'stop'>> {
  const { logs, signal, prepare } = options;
  mkdirSync(logs, { recursive: true });
  const addresses = await chooseAddresses(options.secrets);
  const { postgres, nats, mail, natsAccounts } = await startServers(options, addresses, stops);
  const database = {
    host: '127.0.0.1',
    port: postgres.port,
    user: 'postgres',
    password: addresses.secrets.postgres,
    database: 'agora',
  };
  const { user, password } = addresses.natsAdministrator;
  const administration = openAdministration({
    database,
    nats: { servers: `127.0.0.1:${nats.port}`, user, pass: password },
  });
  stops.push(() => administration.stop());
  const stack = stackOf(addresses, { postgres: postgres.port, nats: nats.port, smtp: mail.way.port });
  await provisionDatabase(database, addresses.secrets.database);
  await migrateAll(checkout, stack, signal);
  await prepare?.(database);
  const { replicas, balancers, everyBalancer } = await startEveryReplica(
    { ...options, addresses, postgres, nats, smtpPort: mail.way.port },
    stops,
  );
  return {
    origin: `http://127.0.0.1:${addresses.balanced.gateway.port}`,
    replicas,
    postgres,
    nats,
    natsAccounts,
    mail,
    administration,
    stack,
    database,
    secrets: addresses.secrets,
    cutAnswersAfter: (bytes) => balancers.forEach((balancer) => balancer.cutAnswersAfter(bytes)),
    withdraw(replica) {
      replica.withdraw();
      for (const balancer of everyBalancer) balancer.cutOff(replica.ports.port);
    },
    migrate: (service, verb) =>
      startProcess({
        file: process.execPath,
        args: [operateScript(checkout, service), 'migrate', verb, ...(verb === 'down' ? ['--yes'] : [])],
        env: migrationEnvironmentOf(service, stack),
        logFile: join(logs, `migrate-${service}.log`),
        cwd: checkout,
      }),
  };
}

/** Starts PostgreSQL, NATS and the mailbox, one after the other. */
async function startServers(
  { folder, logs, signal, announce, received }: SystemOptions,
  { secrets, natsUsers, natsAdministrator }: Addresses,
  stops: Stop[],
) {
  const postgres = await startDatabaseServer({
    dataDirectory: join(folder, 'postgres'),
    password: secrets.postgres,
    durable: true,
    logFile: join(logs, 'postgres.log'),
  });
  stops.push(() => postgres.stop());
  signal.throwIfAborted();
  const users = [...processes.map((name) => loginOf(name, natsUsers[name])), natsAdministrator];
  const natsAccounts = [{ name: 'AGORA', users }];
  const nats = await startEventServer({
    binary: await findNatsServer(announce, signal),
    storeDirectory: join(folder, 'nats'),
    accounts: natsAccounts,
    durable: true,
    logFile: join(logs, 'nats.log'),
  });
  stops.push(() => nats.stop());
  const mail = await openMailServer(received);
  stops.push(() => mail.stop());
  return { postgres, nats, mail, natsAccounts };
}

const loginOf = (name: ProcessName, login: Addresses['natsAdministrator']) => ({
  ...login,
  permissions: permissionsOf(name, login.user),
});

/** Replicas did not get ready in time, although nothing keeps them from it. */
export class NotReady extends Error {}

/** Waits until every replica that is not kept out by a fault says that it is ready; throws a NotReady after so many seconds. */
export async function untilAllReady(
  replicas: readonly Replica[],
  signal: AbortSignal,
  seconds = 60,
): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    signal.throwIfAborted();
    const late = replicas
      .filter((replica) => !replica.isReady() && !replica.isOut())
      .map(({ label }) => label);
    if (late.length === 0) return;
    if (performance.now() > deadline) throw new NotReady(`not ready after ${seconds} s: ${late.join(', ')}`);
    await sleep(50);
  }
}
