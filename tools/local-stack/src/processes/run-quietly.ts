import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StackError } from '../machine/stack-error.js';

const execute = promisify(execFile);

export interface QuietRun {
  root: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** Runs one of Agora's own commands to its end. Throws a StackError that begins with `failure` and ends with the command's output. */
export async function runQuietly(failure: string, { root, args, env, signal }: QuietRun): Promise<void> {
  try {
    await execute(process.execPath, args, { cwd: root, env, signal });
  } catch (error) {
    throw new StackError(failure, outputOf(error));
  }
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
  return `${stdout}${stderr}`.trim().split('\n').slice(-8).join('\n') || error.message;
}
