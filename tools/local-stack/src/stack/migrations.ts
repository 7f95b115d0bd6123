import { existsSync } from 'node:fs';
import { migrationEnvironmentOf, type StackAddresses } from './environment.js';
import { runQuietly } from '../processes/run-quietly.js';
import { StackError } from '../machine/stack-error.js';
import { operateScript, services, type ServiceName } from './topology.js';

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
  const script = operateScript(root, name);
  if (!existsSync(script)) throw new StackError(`${script} does not exist; is the code built?`);
  const env = migrationEnvironmentOf(name, stack);
  await runQuietly(`The migrations of ${name} failed.`, {
    root,
    args: [script, 'migrate', 'up'],
    env,
    signal,
  });
}
