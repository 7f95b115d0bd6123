import { join } from 'node:path';
import {
  checkout,
  entryPoint,
  environmentOf,
  processes,
  rememberProcess,
  type Ports,
  type ProcessName,
} from '@agora/local-stack';
import { openFaultProxy, type FaultProxy } from '@agora/testing';
import { stackOf, type Addresses } from './addresses.js';
import { openBalancer, type Balancer } from './balancer.js';
import { findFaketime, steppableClock } from './clocks.js';
import { openNatsWay } from './nats-way.js';
import { startReplica, type Replica, type Ways } from './replica.js';
import type { Stop } from './options.js';
import type { DatabaseServer, EventServer } from './servers.js';

/** What replicas are started with, and where their servers are. */
interface Surroundings {
  folder: string;
  logs: string;
  mutation?: string | undefined;
  partitions: number;
  addresses: Addresses;
  postgres: DatabaseServer;
  nats: EventServer;
  smtpPort: number;
  announce(line: string): void;
}

/** Starts the replicas of every process, each with ways of its own to the servers, behind balancers. */
export async function startEveryReplica(surroundings: Surroundings, stops: Stop[]) {
  const { addresses, announce } = surroundings;
  const faketime = await findFaketime(announce);
  const replicas: Replica[] = [];
  const balancers: Balancer[] = [];
  const everyBalancer: Balancer[] = [];
  for (const name of processes) {
    const started = await startReplicas(name, surroundings, faketime, stops);
    replicas.push(...started);
    const balancer = await openBalancers(started, addresses.balanced[name], stops);
    everyBalancer.push(balancer);
    if (name !== 'gateway') balancers.push(balancer);
  }
  return { replicas, balancers, everyBalancer };
}

async function startReplicas(
  name: ProcessName,
  { folder, logs, mutation, partitions, addresses, postgres, nats, smtpPort }: Surroundings,
  faketime: string | undefined,
  stops: Stop[],
): Promise<Replica[]> {
  const started: Replica[] = [];
  for (const [index, ports] of addresses.replicas[name].entries()) {
    const ways: Ways = {
      ...(name !== 'gateway' && { postgres: await openWay(postgres, stops) }),
      nats: await openNatsWay(nats.ports, stops),
    };
    const stack = stackOf(addresses, {
      postgres: ways.postgres?.port ?? 0,
      nats: ways.nats.url,
      nodes: nats.ports.length,
      partitions,
      smtp: smtpPort,
    });
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

async function openWay({ port }: DatabaseServer, stops: Stop[]): Promise<FaultProxy> {
  const way = await openFaultProxy(port);
  stops.push(() => way.stop());
  return way;
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

/** Unlike production: hashes are cheap, only warnings are logged, and a hung service times out before the 10 s that a client waits. */
const chaosSettings = {
  // Each replica of the gateway has a port of its own, and all tokens one issuer.
  TOKEN_ISSUER: 'agora',
  LOG_LEVEL: 'warn',
  BCRYPT_COST: '10',
  UPSTREAM_TIMEOUT_SECONDS: '5',
  SHUTDOWN_NOTICE_SECONDS: '3',
  PASSWORD_RESETS_PER_ADDRESS: '100000/3600',
};

const measuring = ['--expose-gc', '--import', new URL('../measure/collect-garbage.js', import.meta.url).href];

/** The hook puts the known fault into the module as Node loads it. */
const mutationArguments = (mutation: string | undefined): string[] =>
  mutation ? ['--import', new URL('../mutations/hook.js', import.meta.url).href] : [];
