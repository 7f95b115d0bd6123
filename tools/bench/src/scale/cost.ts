import { readFileSync } from 'node:fs';
import { services, type ServiceName } from '@agora/local-stack';
import { cpuBetween, cpuTimes, familyOf } from '../system/proc.js';
import type { System } from '../system/system.js';

/** Microseconds of CPU by service: of its process, and of the PostgreSQL backends that work for it. */
export type Cost = Record<ServiceName, { process: number; database: number }>;

export const forEachService = <Value>(valueOf: (name: ServiceName) => Value): Record<ServiceName, Value> =>
  Object.fromEntries(services.map((name) => [name, valueOf(name)])) as Record<ServiceName, Value>;

export const noCost = (): Cost => forEachService(() => ({ process: 0, database: 0 }));

/** Starts counting; returns a function that returns the cost since then, less the given microseconds per second of idling. */
export function countCost(system: System, postgresPid: number, idle = noCost()): () => Cost {
  const look = () => {
    const backends = backendsOf(postgresPid, system.addresses.database.name);
    return forEachService((name) => ({
      process: cpuTimes(system.processes[name]?.pids() ?? []),
      database: cpuTimes(backends.filter(({ role }) => role === `${name}_app`).map(({ pid }) => pid)),
    }));
  };
  const before = look();
  const startedAt = performance.now();
  return () => {
    const after = look();
    const seconds = (performance.now() - startedAt) / 1_000;
    // On a slow machine a process idles less in a second than it did before: some is always its own.
    const own = (spent: number, idling: number) => Math.max(spent / 4, spent - idling * seconds);
    return forEachService((name) => ({
      process: own(cpuBetween(before[name].process, after[name].process), idle[name].process),
      database: own(cpuBetween(before[name].database, after[name].database), idle[name].database),
    }));
  };
}

/** The backends of PostgreSQL that are connected to a database, by what they call themselves: `postgres: posts_app agora 127.0.0.1(4711) idle`. */
export function backendsOf(postgresPid: number, database: string): { pid: number; role: string }[] {
  return familyOf(postgresPid).flatMap((pid) => {
    const [, role = '', connectedTo] = /^postgres: (\S+) (\S+) /.exec(titleOf(pid)) ?? [];
    return connectedTo === database ? [{ pid, role }] : [];
  });
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
