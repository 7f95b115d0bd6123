import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '@agora/local-stack';
import type { Server } from '../system/servers.js';
import { untilAllReady, type System } from '../system/system.js';
import type { Fault } from './fault.js';

type Which = 'postgres' | 'nats';

const end = (which: Which, signal: NodeJS.Signals, kind: string, quick = false): Fault => ({
  kind,
  touches: which,
  quick,
  async run({ system, random, signal: aborted }) {
    const server: Server = system[which];
    const milliseconds = 200 + random.below(1_000);
    await server.end(signal);
    await sleep(milliseconds);
    await server.start();
    await untilAllReady(system.replicas, aborted);
    return `${signal}, away for ${milliseconds} ms`;
  },
});

const pause = (which: Which, seconds: number): Fault => ({
  kind: `pause ${which}`,
  touches: which,
  async run({ system, signal }) {
    system[which].pause();
    await sleep(seconds * 1_000);
    system[which].resume();
    await untilAllReady(system.replicas, signal);
    return `${seconds} s`;
  },
});

const terminateBackends: Fault = {
  kind: 'terminate backends',
  touches: 'postgres',
  async run({ system, random }) {
    const service = random.pick(services);
    await system.administration.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1',
      [`${service}_app`],
    );
    await sleep(500);
    return `all of ${service}`;
  },
};

const pauseBackend: Fault = {
  kind: 'pause a backend',
  touches: 'postgres',
  async run({ system, random }) {
    const service = random.pick(services);
    const backends = await system.administration.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY pid',
      [`${service}_app`],
    );
    const { pid } = random.pick(backends);
    process.kill(pid, 'SIGSTOP');
    await sleep(4_000);
    process.kill(pid, 'SIGCONT');
    return `one of ${service}, 4 s`;
  },
};

export const serverFaults: readonly Fault[] = [
  end('postgres', 'SIGKILL', 'kill postgres', true),
  end('postgres', 'SIGQUIT', 'crash postgres'),
  pause('postgres', 3),
  terminateBackends,
  pauseBackend,
  end('nats', 'SIGKILL', 'kill nats', true),
  pause('nats', 4),
];

/** Undoes whatever a fault that was interrupted may have left. */
export function healEverything({ replicas, postgres, nats, cluster, mail, cutAnswersAfter }: System): void {
  cutAnswersAfter(Infinity);
  postgres.resume();
  nats.resume();
  cluster?.nats.reunite();
  mail.way.heal();
  for (const replica of replicas) {
    replica.resume();
    replica.restore();
    replica.ways.postgres?.heal();
    replica.ways.nats.heal();
  }
}
