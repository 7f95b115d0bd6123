import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { endInSteps, send, type Steps } from './end-process.js';
import { lastLines, openLog } from './log-file.js';

export interface ServerProcess {
  readonly pid: number;
  /** Settles when the process has ended, with the words for it: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** What the process wrote last to its log. */
  lastWords(): string;
  end(steps: Steps): Promise<void>;
}

export interface ServerOptions {
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Where its output goes; to ours when left out. */
  logFile?: string;
  cwd: string;
  user?: { uid: number; gid: number } | undefined;
}

/**
 * Starts a process that outlives a Ctrl-C in the terminal, since it leads a process group of its own, and whose output
 * goes to a log. Rejects when the file can't be started.
 */
export async function startProcess({
  file,
  args,
  env,
  logFile,
  cwd,
  user,
}: ServerOptions): Promise<ServerProcess> {
  const log = logFile === undefined ? undefined : openLog(logFile);
  const output = log?.descriptor ?? 'inherit';
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', output, output], ...user });
  if (log) closeSync(log.descriptor);
  let over = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      over = true;
      // What the process itself started and left behind shares its group.
      if (child.pid) send(-child.pid, 'SIGKILL');
      resolve(signal ? `signal ${signal}` : `exit code ${code}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { pid = 0 } = child;
  return {
    pid,
    ended,
    hasEnded: () => over,
    lastWords: () => (logFile === undefined ? '' : lastLines(logFile, log?.from)),
    end: (steps) =>
      over ? Promise.resolve() : endInSteps(pid, steps, (patience) => settlesWithin(ended, patience)),
  };
}

async function settlesWithin(promise: Promise<unknown>, patience: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, patience, false)));
  const settled = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
