import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { migrationEnvironmentOf, type StackAddresses } from './environment.js';
import { StackError } from './stack-error.js';
import { migrationCommand, services, type ServiceName } from './topology.js';

const execute = promisify(execFile);

/** Brings the schema of every service up to date, all at once. Throws a StackError with what the failing one said. */
export async function migrateAll(root: string, stack: StackAddresses, signal: AbortSignal): Promise<void> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const runs = services.map((name) => migrate(root, name, stack, either));
  for (const run of runs) run.catch((error: unknown) => failure.abort(error));
  // None may be at work on a database that is about to be stopped.
  await Promise.allSettled(runs);
  either.throwIfAborted();
}

async function migrate(root: string, name: ServiceName, stack: StackAddresses, signal: AbortSignal) {
  const script = migrationCommand(root, name);
  if (!existsSync(script)) throw new StackError(`${script} does not exist; is the code built?`);
  try {
    await execute(process.execPath, [script, 'up'], {
      cwd: root,
      env: migrationEnvironmentOf(name, stack),
      signal,
    });
  } catch (error) {
    throw new StackError(`The migrations of ${name} failed.`, outputOf(error));
  }
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
  return `${stdout}${stderr}`.trim().split('\n').slice(-8).join('\n') || error.message;
}
