import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess, type Ports, type ProcessName, type ServerProcess } from '@agora/local-stack';
import type { FaultProxy } from '@agora/testing';
import { offsetOf } from './clocks.js';
import type { NatsWay } from './nats-way.js';
import { Unavailable } from './unavailable.js';

/** One running process of Agora, which is restarted whenever it ends. */
export interface Replica {
  readonly name: ProcessName;
  /** Such as `posts-1`. */
  readonly label: string;
  readonly ports: Ports;
  /** Its connections to the servers; the gateway has none to PostgreSQL. */
  readonly ways: Ways;
  pid(): number;
  /** Whether it answered 200 at `/readyz` when it was last asked. */
  isReady(): boolean;
  /** Whether it is away, frozen or withdrawn by a fault. Nobody waits for it, and no balancer sends anything to it. */
  isOut(): boolean;
  /** When a freeze of it last ended, by the monotonic clock in milliseconds; never is -Infinity. */
  resumedAt(): number;
  /** Sends a signal that may end it. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Stops after a SIGTERM and stays away until `comeBack`, as when a deployment is scaled. Balancers notice only through `/readyz`. */
  leave(): Promise<void>;
  comeBack(): void;
  pause(): void;
  resume(): void;
  /** Takes it away from the balancers, or gives it back to them. */
  withdraw(): void;
  restore(): void;
  /** Moves its wall clock by that many seconds. Throws an Unavailable where clocks cannot be moved. */
  stepClock(seconds: number): void;
  /** How many bytes of its heap it uses after a garbage collection. */
  measureHeap(): Promise<number>;
  /** An exit that nobody asked for, or a wrong exit after SIGTERM. */
  readonly crashes: readonly string[];
  stop(): Promise<void>;
}

export interface Ways {
  postgres?: FaultProxy;
  nats: NatsWay;
}

interface Program extends Pick<Replica, 'name' | 'label' | 'ports' | 'ways'> {
  args: string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  cwd: string;
  /** Where it writes the size of its heap. */
  heapFile: string;
  /** Where it reads by how much its clock is off; undefined where clocks cannot be stepped. */
  clockFile: string | undefined;
  /** Records the process, so that it can be ended even if this one is killed. */
  remember(pid: number): void;
}

const endings: Parameters<ServerProcess['end']>[0] = [
  ['SIGTERM', 6_000],
  ['SIGKILL', 1_000],
];
const restartMilliseconds = 200;
const probeMilliseconds = 500;
const measureMilliseconds = 10_000;

/** Starts a process; it may not be ready yet. */
export async function startReplica(program: Program): Promise<Replica> {
  const { label, ports, args, env, logFile, cwd, heapFile, clockFile, remember } = program;
  const launch = async () => {
    const launched = await startProcess({ file: process.execPath, args, env, logFile, cwd });
    remember(launched.pid);
    return launched;
  };
  const crashes: string[] = [];
  const stopped = new AbortController();
  let current: ServerProcess = await launch();
  let asked: NodeJS.Signals | undefined;
  let away: PromiseWithResolvers<void> | undefined;
  let withdrawn = false;
  let frozen = false;
  let resumedAt = -Infinity;
  const probe = probeReadiness(ports.internalPort, stopped.signal);
  const supervising = (async () => {
    while (!stopped.signal.aborted) {
      const how = await current.ended;
      probe.ready = false;
      if (stopped.signal.aborted) return;
      if (asked === undefined) crashes.push(`${label} ended unasked (${how})`);
      if (asked === 'SIGTERM' && how !== 'exit code 0') crashes.push(`${label} ended with ${how} at SIGTERM`);
      asked = undefined;
      await away?.promise;
      await sleep(restartMilliseconds);
      frozen = false;
      if (!stopped.signal.aborted) current = await launch();
    }
  })();
  const end = async (signal: NodeJS.Signals) => {
    const ending = current;
    if (ending.hasEnded()) return;
    asked = signal;
    send(ending, signal);
    await ending.ended;
  };
  return {
    name: program.name,
    label,
    ports,
    ways: program.ways,
    crashes,
    pid: () => current.pid,
    isReady: () => probe.ready && !current.hasEnded(),
    end,
    isOut: () => withdrawn || frozen || (away !== undefined && current.hasEnded()),
    resumedAt: () => resumedAt,
    async leave() {
      away ??= Promise.withResolvers();
      await end('SIGTERM');
    },
    comeBack() {
      away?.resolve();
      away = undefined;
    },
    pause() {
      frozen = true;
      probe.ready = false;
      send(current, 'SIGSTOP');
    },
    resume() {
      if (frozen) resumedAt = performance.now();
      frozen = false;
      send(current, 'SIGCONT');
    },
    withdraw: () => void (withdrawn = true),
    restore: () => void (withdrawn = false),
    stepClock(seconds) {
      if (!clockFile) throw new Unavailable('libfaketime is not there, and apt-get could not install it');
      // In place: the library keeps the file open.
      writeFileSync(clockFile, offsetOf(seconds));
    },
    async measureHeap() {
      rmSync(heapFile, { force: true });
      send(current, 'SIGUSR2');
      const until = performance.now() + measureMilliseconds;
      while (performance.now() < until) {
        const bytes = existsSync(heapFile) ? Number(readFileSync(heapFile, 'utf8')) : 0;
        if (bytes > 0) return bytes;
        await sleep(50);
      }
      throw new Error(`${label} did not measure its heap`);
    },
    async stop() {
      stopped.abort();
      away?.resolve();
      send(current, 'SIGCONT');
      await current.end(endings);
      await supervising;
      // A process that was just being restarted.
      await current.end(endings);
    },
  };
}

function send(server: ServerProcess, signal: NodeJS.Signals): void {
  if (!server.hasEnded()) process.kill(server.pid, signal);
}

/** Probes periodically, as a kubelet does. */
function probeReadiness(port: number, stopped: AbortSignal): { ready: boolean } {
  const state = { ready: false };
  const probing = async () => {
    while (!stopped.aborted) {
      state.ready = await answersReady(port);
      await sleep(probeMilliseconds, undefined, { signal: stopped }).catch(() => undefined);
    }
  };
  void probing();
  return state;
}

async function answersReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
