import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkout,
  migrationEnvironmentOf,
  natsSettings,
  operateScript,
  operationsEnvironmentOf,
} from '@agora/local-stack';
import type { Bench } from '../../bench.js';
import { cpuTimes, familyOf, peakMegabytes } from '../../system/proc.js';
import type { System } from '../../system/system.js';
import { commands, nameOf, type Command } from './commands.js';
import { backendsOf } from '../cost.js';
import type { Row } from '../table.js';
import { isAskedFor, sizes, type Worlds } from '../take-turns.js';

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
): { words: string[]; env: NodeJS.ProcessEnv } {
  const token = { ALGORITHM: 'ES256', TOKEN_ISSUER: 'agora' };
  if (operation === 'streams')
    return {
      words: [join(checkout, 'deploy/docker/show-streams.mjs')],
      env: { PATH: process.env.PATH, ...natsSettings('streams', addresses) },
    };
  const environment = operation === 'migrate' ? migrationEnvironmentOf : operationsEnvironmentOf;
  return {
    words: [operateScript(checkout, service), operation],
    env: { ...environment(service, addresses), ...token },
  };
}

/** How often CPU time is read; what the last connection uses after the last reading is lost. */
const lookMilliseconds = 10;

/** Runs a command to its end. */
export async function runMeasured(
  { servers, signal }: Pick<Bench, 'servers' | 'signal'>,
  system: System,
  command: Command,
): Promise<Run> {
  const { args } = command;
  const { words, env } = programOf(command, system);
  const startedAt = performance.now();
  const asked = Object.values(system.processes).flatMap(({ pids }) => pids());
  const backends = () =>
    backendsOf(servers.postgres.pid, system.addresses.database.name).map(({ pid }) => pid);
  const before = cpuTimes([...asked, ...backends()]);
  const child = spawn(process.execPath, [...words, ...args], {
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

/** What operators type, at both sizes; what grows with the data is typed once. */
export async function compareCommands(bench: Bench, worlds: Worlds): Promise<Row[]> {
  const rows: Row[] = [];
  const asked = commands.filter((each) => isAskedFor(bench)({ name: nameOf(each) }));
  for (const command of bench.options.smoke ? asked.slice(0, 1) : asked) {
    const turns = command.growth === 'grows' || bench.options.smoke ? 1 : 3;
    const best = { small: Infinity, large: Infinity };
    let wrong: string | undefined;
    for (let turn = 0; turn < turns; turn += 1)
      for (const size of sizes) {
        const {
          cpu,
          code,
          output,
          seconds,
          peakMegabytes: peak,
        } = await runMeasured(bench, worlds[size].system, command);
        best[size] = Math.min(best[size], cpu);
        if (code !== 0) wrong ??= `ended with ${code}: ${output.slice(0, 2_000)}`;
        if (command.growth === 'grows')
          bench.announce(
            `${command.service}, ${size}: ${nameOf(command)}: ${seconds.toFixed(1)} s, at most ${peak.toFixed(0)} MB`,
          );
      }
    const spent = (process: number) => ({ process, database: 1 });
    rows.push({
      kind: 'command',
      name: nameOf(command),
      service: command.service,
      growth: command.growth ?? 'stays',
      small: spent(best.small),
      large: spent(best.large),
      ...(wrong !== undefined && { wrong }),
    });
  }
  return rows;
}
