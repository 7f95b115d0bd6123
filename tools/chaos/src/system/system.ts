import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { provisionDatabase } from '@agora/database';
import {
  addressesOf,
  checkout,
  entryPoint,
  environmentOf,
  findNatsServer,
  migrateAll,
  migrationCommand,
  migrationEnvironmentOf,
  permissionsOf,
  processes,
  rememberProcess,
  startProcess,
  type NatsAccount,
  type Ports,
  type ProcessName,
  type ServerProcess,
  type ServiceName,
  type StackAddresses,
} from '@agora/local-stack';
import { openFaultProxy, type FaultProxy } from '@agora/testing';
import { chooseAddresses, type Addresses } from './addresses.js';
import { openAdministration, type Administration } from './administration.js';
import { openBalancer, type Balancer } from './balancer.js';
import { findFaketime, steppableClock } from './clocks.js';
import { startReplica, type Replica, type Ways } from './replica.js';
import { startDatabaseServer, startEventServer, type EventServer, type Server } from './servers.js';

/** A whole Agora: two replicas of every process, each way to PostgreSQL and NATS through a fault proxy of its own. */
export interface System {
  /** What clients call. */
  origin: string;
  replicas: readonly Replica[];
  postgres: Server;
  nats: EventServer;
  /** Who may log in to NATS. */
  natsAccounts: NatsAccount[];
  administration: Administration;
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
  signal: AbortSignal;
  announce(line: string): void;
}

type Stop = () => Promise<unknown>;

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
  const { folder, logs, signal } = options;
  mkdirSync(logs, { recursive: true });
  const addresses = await chooseAddresses();
  const { secrets, natsUsers, natsAdministrator } = addresses;
  const postgres = await startDatabaseServer({
    dataDirectory: join(folder, 'postgres'),
    password: secrets.postgres,
    durable: true,
    logFile: join(logs, 'postgres.log'),
  });
  stops.push(() => postgres.stop());
  signal.throwIfAborted();
  const natsAccounts = [
    {
      name: 'AGORA',
      users: [...processes.map((name) => loginOf(name, natsUsers[name])), natsAdministrator],
    },
  ];
  const nats = await startEventServer({
    binary: await findNatsServer(options.announce, signal),
    storeDirectory: join(folder, 'nats'),
    accounts: natsAccounts,
    durable: true,
    logFile: join(logs, 'nats.log'),
  });
  stops.push(() => nats.stop());
  const administrator = {
    host: '127.0.0.1',
    port: postgres.port,
    user: 'postgres',
    password: secrets.postgres,
    database: 'agora',
  };
  const administration = openAdministration({
    database: administrator,
    nats: {
      servers: `127.0.0.1:${nats.port}`,
      user: natsAdministrator.user,
      pass: natsAdministrator.password,
    },
  });
  stops.push(() => administration.stop());
  await provisionDatabase(administrator, secrets.database);
  await migrateAll(checkout, stackOf(addresses, postgres.port, nats.port), signal);
  const openWays = async (name: ProcessName): Promise<Ways> => ({
    ...(name !== 'gateway' && { postgres: await openWay(postgres, stops) }),
    nats: await openWay(nats, stops),
  });
  const faketime = await findFaketime(options.announce);
  const replicas: Replica[] = [];
  const balancers: Balancer[] = [];
  const everyBalancer: Balancer[] = [];
  for (const name of processes) {
    const started = await startReplicas(name, addresses, openWays, { ...options, faketime }, stops);
    replicas.push(...started);
    const balancer = await openBalancers(started, addresses.balanced[name], stops);
    everyBalancer.push(balancer);
    if (name !== 'gateway') balancers.push(balancer);
  }
  return {
    origin: `http://127.0.0.1:${addresses.balanced.gateway.port}`,
    replicas,
    postgres,
    nats,
    natsAccounts,
    administration,
    cutAnswersAfter: (bytes) => balancers.forEach((balancer) => balancer.cutAnswersAfter(bytes)),
    withdraw(replica) {
      replica.withdraw();
      for (const balancer of everyBalancer) balancer.cutOff(replica.ports.port);
    },
    migrate: (service, verb) =>
      startProcess({
        file: process.execPath,
        args: [migrationCommand(checkout, service), verb, ...(verb === 'down' ? ['--yes'] : [])],
        env: migrationEnvironmentOf(service, stackOf(addresses, postgres.port, nats.port)),
        logFile: join(logs, `migrate-${service}.log`),
        cwd: checkout,
      }),
  };
}

const loginOf = (name: ProcessName, login: Addresses['natsAdministrator']) => ({
  ...login,
  permissions: permissionsOf(name, login.user),
});

async function openWay({ port }: Server, stops: Stop[]): Promise<FaultProxy> {
  const way = await openFaultProxy(port);
  stops.push(() => way.stop());
  return way;
}

/** What a process is told of the others: their balancers, and its own ways to the servers. */
const stackOf = (addresses: Addresses, postgresPort: number, natsPort: number): StackAddresses => ({
  ...addressesOf(
    { host: '127.0.0.1', port: postgresPort, name: 'agora' },
    { url: `nats://127.0.0.1:${natsPort}`, users: addresses.natsUsers },
    addresses.secrets,
  ),
  ports: addresses.balanced,
});

async function startReplicas(
  name: ProcessName,
  addresses: Addresses,
  openWays: (name: ProcessName) => Promise<Ways>,
  { folder, logs, mutation, faketime }: SystemOptions & { faketime: string | undefined },
  stops: Stop[],
): Promise<Replica[]> {
  const started: Replica[] = [];
  for (const [index, ports] of addresses.replicas[name].entries()) {
    const ways = await openWays(name);
    const stack = stackOf(addresses, ways.postgres?.port ?? 0, ways.nats.port);
    const label = `${name}-${index + 1}`;
    const script = entryPoint(checkout, name);
    const heapFile = join(folder, `heap-${label}`);
    // The first replica of each keeps the clock of the machine, whatever the library may do to the second.
    const clock = faketime && index === 1 ? steppableClock(faketime, folder, label) : undefined;
    const replica = await startReplica({
      name,
      label,
      ports,
      ways,
      args: ['--disable-proto=delete', ...measuring, ...mutationArguments(mutation), script],
      env: {
        ...environmentOf(name, { ...stack, ports: { ...stack.ports, [name]: ports } }),
        ...chaosSettings,
        CHAOS_HEAP_FILE: heapFile,
        ...clock?.env,
        ...(mutation && { CHAOS_MUTATION: mutation }),
      },
      logFile: join(logs, `${label}.log`),
      cwd: checkout,
      heapFile,
      clockFile: clock?.file,
      remember: (pid) => rememberProcess(folder, pid, script),
    });
    stops.push(() => replica.stop());
    started.push(replica);
  }
  return started;
}

/** Stands before both ports of some replicas; answers the one before the public port. */
async function openBalancers(replicas: Replica[], at: Ports, stops: Stop[]): Promise<Balancer> {
  const open = async (kind: keyof Ports) => {
    const endpoints = replicas.map(({ ports, isReady, isOut }) => ({ port: ports[kind], isReady, isOut }));
    const balancer = await openBalancer(at[kind], endpoints);
    stops.push(() => balancer.stop());
    return balancer;
  };
  await open('internalPort');
  return open('port');
}

/** Unlike in production: hashes are cheap, logs tell of trouble alone, and a hung service is given up before the 10 s that a client waits. */
const chaosSettings = {
  // Each replica of the gateway has a port of its own, and all tokens one issuer.
  TOKEN_ISSUER: 'agora',
  LOG_LEVEL: 'warn',
  BCRYPT_COST: '10',
  UPSTREAM_TIMEOUT_SECONDS: '5',
  SHUTDOWN_NOTICE_SECONDS: '3',
};

const measuring = ['--expose-gc', '--import', new URL('../measure/collect-garbage.js', import.meta.url).href];

/** The hook puts the known fault into the module as Node loads it. */
const mutationArguments = (mutation: string | undefined): string[] =>
  mutation ? ['--import', new URL('../mutations/hook.js', import.meta.url).href] : [];

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
