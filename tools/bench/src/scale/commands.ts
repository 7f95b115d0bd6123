import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkout,
  migrationCommand,
  migrationEnvironmentOf,
  natsSettings,
  operationCommand,
  operationsEnvironmentOf,
  type ServiceName,
} from '@agora/local-stack';
import type { Bench } from '../bench.js';
import { emailOf } from '../data/seed.js';
import { cpuTimes, familyOf, peakMegabytes } from '../system/proc.js';
import type { System } from '../system/system.js';
import type { Growth } from './case.js';
import { backendsOf } from './cost.js';

/** What an operator types, as one service runs it. */
export interface Command {
  service: ServiceName;
  operation: string;
  args: string[];
  growth?: Growth;
}

const ofEach = (services: ServiceName[], operation: string, args: string[], growth?: Growth): Command[] =>
  services.map((service) => ({ service, operation, args, ...(growth && { growth }) }));
const everybody: ServiceName[] = ['auth', 'posts', 'votes'];

export const commands: readonly Command[] = [
  ...ofEach(everybody, 'outbox', ['status']),
  ...ofEach(['posts', 'votes'], 'dead-letters', ['list']),
  ...ofEach(['posts', 'votes'], 'quarantine', ['list']),
  ...ofEach(['auth'], 'mails', ['list']),
  ...ofEach(['auth'], 'accounts', ['list']),
  ...ofEach(['auth'], 'accounts', ['list', 'zzyzx']),
  ...ofEach(['auth'], 'accounts', ['show', emailOf(42)]),
  ...ofEach(everybody, 'migrate', ['status']),
  ...ofEach(['auth'], 'keys', ['list']),
  ...ofEach(['votes'], 'streams', ['status']),
  ...ofEach(['posts', 'votes'], 'audit', ['--settle', '1'], 'grows'),
  ...ofEach(['posts', 'votes'], 'projections', ['rebuild'], 'grows'),
];

export const nameOf = ({ operation, args }: Command): string => `npm run ${operation} -- ${args.join(' ')}`;

/** What a command took. */
export interface Run {
  /** In microseconds: of the command itself, of the processes that it asked, and of PostgreSQL. */
  cpu: number;
  seconds: number;
  peakMegabytes: number;
  code: number;
  output: string;
}

/** What is started for it, and with which environment. */
function programOf(
  { service, operation }: Command,
  { addresses }: System,
): { script: string; env: NodeJS.ProcessEnv } {
  const token = { ALGORITHM: 'ES256', TOKEN_ISSUER: 'agora' };
  if (operation === 'streams')
    return {
      script: join(checkout, 'deploy/docker/show-streams.mjs'),
      env: { PATH: process.env.PATH, ...natsSettings('streams', addresses) },
    };
  if (operation === 'migrate')
    return {
      script: migrationCommand(checkout, service),
      env: { ...migrationEnvironmentOf(service, addresses), ...token },
    };
  return {
    script: operationCommand(checkout, service, operation),
    env: { ...operationsEnvironmentOf(service, addresses), ...token },
  };
}

/** How often it is looked at; what its last connection does after the last look is lost. */
const lookMilliseconds = 10;

/** Runs a command to its end. */
export async function runMeasured(
  { servers, signal }: Pick<Bench, 'servers' | 'signal'>,
  system: System,
  command: Command,
): Promise<Run> {
  const { args } = command;
  const { script, env } = programOf(command, system);
  const startedAt = performance.now();
  const asked = Object.values(system.processes).flatMap(({ pids }) => pids());
  const backends = () =>
    backendsOf(servers.postgres.pid, system.addresses.database.name).map(({ pid }) => pid);
  const before = cpuTimes([...asked, ...backends()]);
  const child = spawn(process.execPath, [script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  let peak = 0;
  const latest = new Map(before);
  let code: number | undefined;
  const look = () => {
    const own = familyOf(child.pid ?? 0);
    for (const [pid, time] of cpuTimes([...own, ...asked, ...backends()])) latest.set(pid, time);
    peak = Math.max(peak, peakMegabytes(child.pid ?? 0) || 0);
  };
  void ended.then((ending) => (code = ending)).catch(() => (code = 1));
  while (code === undefined) {
    look();
    await sleep(lookMilliseconds);
  }
  for (const [pid, time] of cpuTimes([...asked, ...backends()])) latest.set(pid, time);
  const cpu = [...latest].reduce((sum, [pid, time]) => sum + time - (before.get(pid) ?? 0), 0);
  return {
    cpu,
    seconds: (performance.now() - startedAt) / 1_000,
    peakMegabytes: peak,
    code: await ended,
    output,
  };
}
