import { join } from 'node:path';
import {
  addressesOf,
  checkout,
  entryPoint,
  environmentOf,
  makeStreams,
  processes,
  type Ports,
  type ProcessName,
  type StackAddresses,
} from '@agora/local-stack';
import { likelyFreePorts } from '@agora/testing';
import pg from 'pg';
import { seed, type Data } from '../data/seed.js';
import { makeDatabase } from './databases.js';
import { startRunning, type Running } from './running.js';
import type { Servers, SystemName } from './servers.js';
import type { Stops } from './stops.js';
import { tokenMinutes, type SigningKey } from './tokens.js';

/** An Agora with its data. */
export interface System {
  processes: Partial<Record<ProcessName, Running>>;
  ports: Record<ProcessName, Ports>;
  data: Data;
  /** As the administrator, of whom no service knows. */
  database: pg.Pool;
  /** The password of the role that posts has. */
  postsPassword: string;
  addresses: StackAddresses;
}

export interface SystemOptions {
  name: SystemName;
  servers: Servers;
  key: SigningKey;
  scale: number;
  /** How many further accounts there are, to be changed and deleted. */
  spare: number;
  /** The processes to start; the addresses of the others are in `ports`. */
  names: readonly ProcessName[];
  ports?: Record<ProcessName, Ports>;
  /** The process to profile, and where to. */
  profile?: { name: ProcessName; folder: string } | undefined;
  settings: Record<string, string>;
  logs: string;
  signal: AbortSignal;
  announce(line: string): void;
}

/** Makes a database of its own, fills it, and starts processes on it with the settings of `npm start`. */
export async function startSystem(options: SystemOptions, stops: Stops): Promise<System> {
  const { name, servers, scale, names, signal, announce } = options;
  const administrator = await makeDatabase(servers, `bench_${name}`);
  const ports = { ...options.ports, ...(await freePorts(names)) } as Record<ProcessName, Ports>;
  const addresses: StackAddresses = {
    ...addressesOf(
      { host: administrator.host, port: administrator.port, name: administrator.database },
      { url: servers.nats.url, users: servers.nats.users[name] },
      servers.secrets,
    ),
    ports,
  };
  const startedAt = performance.now();
  const [data] = await Promise.all([
    seed(administrator, {
      scale,
      spare: options.spare,
      signal,
      bcryptCost: Number(options.settings.BCRYPT_COST ?? 12),
    }),
    makeStreams(checkout, addresses, signal),
  ]);
  signal.throwIfAborted();
  const { users, posts, votes } = data.counts;
  announce(`Filled in ${seconds(startedAt)} s: ${users} users, ${posts} posts, ${votes} votes`);
  const database = new pg.Pool({ ...administrator, max: 2 });
  database.on('error', () => undefined);
  stops.add(() => database.end());
  const started = await Promise.all(names.map((each) => start(each, addresses, options, stops)));
  return {
    processes: Object.fromEntries(started.map((each) => [each.name, each])),
    ports,
    data,
    database,
    postsPassword: servers.secrets.database.posts.app,
    addresses,
  };
}

const seconds = (since: number) => ((performance.now() - since) / 1_000).toFixed(1);

async function freePorts(names: readonly ProcessName[]): Promise<Partial<Record<ProcessName, Ports>>> {
  const ports: Partial<Record<ProcessName, Ports>> = {};
  for (const name of processes) if (names.includes(name)) ports[name] = await likelyFreePorts();
  return ports;
}

async function start(
  name: ProcessName,
  addresses: StackAddresses,
  { key, profile, settings, logs, signal, name: system }: SystemOptions,
  stops: Stops,
): Promise<Running> {
  const profiling = profile?.name === name ? profilerTo(profile.folder, name) : [];
  const { port, internalPort } = addresses.ports[name];
  return startRunning(
    {
      name,
      file: process.execPath,
      args: ['--disable-proto=delete', ...profiling, entryPoint(checkout, name)],
      env: {
        ...environmentOf(name, addresses, {
          ...process.env,
          ...settings,
          ALGORITHM: 'ES256',
          TOKEN_ISSUER: 'agora',
        }),
        ...settings,
        ACCESS_TOKEN_EXPIRE_MINUTES: String(tokenMinutes),
        ...(name === 'auth' && { SIGNING_KEY: key.pem }),
      },
      port,
      logFile: join(logs, `${name}${system === 'usual' ? '' : `-${system}`}.log`),
      readyAt: `http://127.0.0.1:${internalPort}/readyz`,
      signal,
    },
    stops,
  );
}

const profilerTo = (folder: string, name: string) => [
  '--cpu-prof',
  `--cpu-prof-dir=${folder}`,
  `--cpu-prof-name=${name}.cpuprofile`,
];
