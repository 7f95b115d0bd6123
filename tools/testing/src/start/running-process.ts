import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { eventually } from '../eventually.js';

/** A real process of Agora that a test started. */
export interface RunningProcess {
  readonly url: string;
  readonly internalUrl: string;
  /** All it has printed. */
  log(): string;
  isRunning(): boolean;
  pid(): number | undefined;
  /** Sends a signal without waiting for anything. */
  signal(signal: NodeJS.Signals): void;
  exitCode(): number | null;
  /** Sends a signal and waits for its end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again after its end, as before except for these settings. */
  restart(settings?: Record<string, string>): Promise<void>;
}

interface Program {
  entry: string;
  environment: Record<string, string>;
  port: number;
  internalPort: number;
}

const { NODE_COMPILE_CACHE } = process.env;
/** The environment that lets processes started by tests reuse compiled code. */
export const compileCache: Record<string, string> = NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {};

/** Starts a process and waits until it is ready; rejects with its output when it ends before. */
export async function startProcess({
  entry,
  environment,
  port,
  internalPort,
}: Program): Promise<RunningProcess> {
  const output: string[] = [];
  let child: ChildProcess;
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  const start = async (settings = {}) => {
    child = spawn(process.execPath, ['--disable-proto=delete', entry], {
      env: { ...compileCache, ...environment, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    letGo(child);
    try {
      await eventually(async () => {
        if (hasEnded(child)) return;
        const response = await fetch(`${internalUrl}/readyz`);
        if (!response.ok) throw new Error('it is not ready');
      }, 60_000);
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`${entry} did not become ready:\n${output.join('')}`, { cause: error });
    }
    if (hasEnded(child)) throw new Error(`${entry} ended at once:\n${output.join('')}`);
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    internalUrl,
    log: () => output.join(''),
    isRunning: () => !hasEnded(child),
    pid: () => child.pid,
    signal: (signal) => void child.kill(signal),
    exitCode: () => child.exitCode,
    async end(signal = 'SIGTERM') {
      if (hasEnded(child)) return child.exitCode;
      const ended = once(child, 'exit');
      child.ref();
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
    restart: start,
  };
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** A process that is left running does not keep the test worker alive. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as Socket | null)?.unref();
}
