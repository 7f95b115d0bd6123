import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { migrationEnvironmentOf, type StackAddresses } from './environment.js';
import { runQuietly } from '../processes/run-quietly.js';
import { StackError } from '../machine/stack-error.js';
import { operateScript, services, type ServiceName } from './topology.js';

/** Brings the schema of every service up to date, all at once. Throws a StackError with the failing one's output. */
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
  if (await isUpToDate(join(dirname(script), 'migrations'), name, env)) return;
  await runQuietly(`The migrations of ${name} failed.`, {
    root,
    args: [script, 'migrate', 'up'],
    env,
    signal,
  });
}

/**
 * Whether every file in the folder, each of which is named as its migration, was applied: then a process that loads all of them, only to say so, is
 * spared. False too when that can't be told.
 */
async function isUpToDate(folder: string, name: ServiceName, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { DATABASE_HOST: host, DATABASE_PORT: port, DATABASE_NAME: database } = env;
  const { DATABASE_USER: user, DATABASE_PASSWORD: password } = env;
  const client = new pg.Client({ host, port: Number(port), database, user, password });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${name}.migrations`);
    const applied = new Set(rows.map((row) => row.name));
    const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
    return files.length > 0 && files.every((file) => applied.has(basename(file, '.js')));
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
