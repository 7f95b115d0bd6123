import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess, StackError, type ServerProcess } from '@agora/local-stack';
import { familyOf } from './proc.js';
import type { Stops } from './stops.js';

/** A process that is measured. */
export interface Running {
  name: string;
  origin: string;
  /** Its number and those of its workers. */
  pids(): number[];
}

interface Program {
  name: string;
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  port: number;
  logFile: string;
  /** What answers 200 when it is ready. */
  readyAt: string;
  signal: AbortSignal;
}

// A CPU profile is written at the end, and takes a while.
const endings: Parameters<ServerProcess['end']>[0] = [
  ['SIGTERM', 10_000],
  ['SIGKILL', 1_000],
];

/** Starts a program and waits until it is ready; throws a StackError with its last output when it is not ready after 30 s. */
export async function startRunning(program: Program, stops: Stops): Promise<Running> {
  const { name, file, args, env, port, logFile, readyAt, signal } = program;
  const server = await startProcess({ file, args, env, logFile, cwd: '/' });
  stops.add(() => server.end(endings));
  const deadline = Date.now() + 30_000;
  while (!(await answers(readyAt))) {
    signal.throwIfAborted();
    if (server.hasEnded() || Date.now() > deadline)
      throw new StackError(`${name} did not become ready.`, server.lastWords());
    await sleep(20);
  }
  return { name, origin: `http://127.0.0.1:${port}`, pids: () => familyOf(server.pid) };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
