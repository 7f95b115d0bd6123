import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { provisionDatabase } from '@agora/database';
import {
  checkout,
  makeStreams,
  migrateAll,
  migrationEnvironmentOf,
  operateScript,
  startProcess,
  type NatsAccount,
  type Secrets,
  type ServerProcess,
  type ServiceName,
  type StackAddresses,
} from '@agora/local-stack';
import type pg from 'pg';
import { chooseAddresses, stackOf } from './addresses.js';
import { openAdministration, type Administration } from './administration.js';
import type { MailServer } from './mail-server.js';
import type { DatabasePair } from '../cluster/database-pair.js';
import type { EventCluster } from '../cluster/event-cluster.js';
import { natsUrl } from './nats-way.js';
import type { Replica } from './replica.js';
import type { DatabaseServer, EventServer } from './servers.js';
import { startServers } from './start-servers.js';
import { startEveryReplica } from './start-replicas.js';
import type { Stop, SystemOptions } from './options.js';

/** A whole Agora: replicas of every process, each way to PostgreSQL and NATS through a fault proxy of its own. */
export interface System {
  /** What clients call. */
  origin: string;
  replicas: readonly Replica[];
  postgres: DatabaseServer;
  nats: EventServer;
  /** Nodes that can be broken alone, where there are several. */
  cluster: Cluster | undefined;
  /** The users of NATS. */
  natsAccounts: NatsAccount[];
  mail: MailServer;
  administration: Administration;
  /** The settings of operators' commands. */
  stack: StackAddresses;
  /** Over how many streams each publisher's events are split. */
  partitions: number;
  /** How the administrator of the database connects. */
  database: pg.ClientConfig;
  secrets: Secrets;
  /** Breaks connections to services in the middle of an answer, after that many more bytes of answers on each. */
  cutAnswersAfter(bytes: number): void;
  /** Keeps a replica from clients until it is restored; connections that lead there are reset. */
  withdraw(replica: Replica): void;
  /** Starts the migration command of a service. */
  migrate(service: ServiceName, verb: 'up' | 'down'): Promise<ServerProcess>;
  stop(): Promise<void>;
}

interface Cluster {
  nats: EventCluster;
  postgres: DatabasePair;
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
  const { logs, signal, prepare, partitions = 1 } = options;
  mkdirSync(logs, { recursive: true });
  const addresses = await chooseAddresses(options.secrets, options.replicas);
  const { postgres, nats, mail, natsAccounts, cluster } = await startServers(options, addresses, stops);
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
    nats: { servers: natsUrl(nats.ports).split(','), user, pass: password },
  });
  stops.push(() => administration.stop());
  const stack = stackOf(addresses, {
    postgres: postgres.port,
    nats: natsUrl(nats.ports),
    nodes: nats.ports.length,
    partitions,
    smtp: mail.way.port,
  });
  await makeStreams(checkout, stack, signal);
  await provisionDatabase(database, addresses.secrets.database);
  await migrateAll(checkout, stack, signal);
  await prepare?.(database);
  await cluster?.postgres.follow();
  const { replicas, balancers, everyBalancer } = await startEveryReplica(
    { ...options, partitions, addresses, postgres, nats, smtpPort: mail.way.port },
    stops,
  );
  return {
    origin: `http://127.0.0.1:${addresses.balanced.gateway.port}`,
    replicas,
    postgres,
    nats,
    cluster,
    natsAccounts,
    mail,
    administration,
    stack,
    partitions,
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

/** Replicas did not get ready in time, although nothing keeps them from it. */
export class NotReady extends Error {}

/** Waits until every replica that no fault has taken out is ready; throws a NotReady after the given seconds. */
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
