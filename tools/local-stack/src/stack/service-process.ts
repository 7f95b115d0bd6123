import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess, type ServerProcess } from '../processes/server-process.js';
import { StackError } from '../machine/stack-error.js';
import { entryPoint, type ProcessName } from './topology.js';

export interface ServiceOptions {
  root: string;
  name: ProcessName;
  env: NodeJS.ProcessEnv;
  logs: string;
  /** Whether it restarts when its code changes. */
  watch: boolean;
}

/** Starts one of Agora's processes, its output going to `<logs>/<name>.log`. */
export function startService({ root, name, env, logs, watch }: ServiceOptions): Promise<ServerProcess> {
  const script = entryPoint(root, name);
  if (!existsSync(script)) throw new StackError(`${script} does not exist; is the code built?`);
  const flags = ['--disable-proto=delete', ...(watch ? ['--watch', '--watch-preserve-output'] : [])];
  return startProcess({
    file: process.execPath,
    args: [...flags, script],
    env,
    logFile: join(logs, `${name}.log`),
    cwd: root,
  });
}

/** Waits until the process answers 200 at `/readyz`. Throws a StackError with its last words when it ends or takes 30 s. */
export async function untilReady(
  name: string,
  internalPort: number,
  server: ServerProcess,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!server.hasEnded() && Date.now() < deadline) {
    signal.throwIfAborted();
    if (await isReady(internalPort)) return;
    await sleep(50);
  }
  const how = server.hasEnded() ? `ended (${await server.ended})` : 'was not ready after 30 s';
  throw new StackError(`${name} did not start: it ${how}.`, server.lastWords());
}

async function isReady(internalPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${internalPort}/readyz`, {
      signal: AbortSignal.timeout(2000),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
