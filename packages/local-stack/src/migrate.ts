import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provisionDatabase } from '@agora/database';
import { checkout, layoutOf, makeDataFolder } from './checkout.js';
import { addressesOf, migrationEnvironmentOf, type DatabaseAddress } from './environment.js';
import { startPostgres } from './postgres.js';
import { ownArgument } from './process-identity.js';
import { reportFailure } from './report-failure.js';
import { readRunRecord } from './run-record.js';
import { keptSecrets, type Secrets } from './secrets.js';
import { StackError } from './stack-error.js';
import { takeStartLock } from './start-lock.js';
import { stopRequests } from './stop-requests.js';
import { isServiceName, migrationCommand, services, type ServiceName } from './topology.js';

const usage = `Usage: npm run migrate -- up|down|status [--service ${services.join('|')}]`;
const layout = layoutOf(checkout);
const requests = stopRequests();

async function main(args: string[]): Promise<number> {
  const { verb, names } = parse(args);
  if (process.env.DATABASE_HOST) return runAll(verb, names, () => process.env);
  makeDataFolder(layout);
  const secrets = keptSecrets(layout);
  return withDatabase(secrets, (database) => {
    const addresses = addressesOf(database, { url: 'nats://127.0.0.1:4222', users: {} }, secrets);
    return runAll(verb, names, (name) => migrationEnvironmentOf(name, addresses));
  });
}

function parse(args: string[]): { verb: string; names: readonly ServiceName[] } {
  const at = args.indexOf('--service');
  const chosen = at < 0 ? undefined : args[at + 1];
  const [verb, ...rest] = at < 0 ? args : args.toSpliced(at, 2);
  if (!verb || !['up', 'down', 'status'].includes(verb) || rest.length > 0) throw new StackError(usage);
  if (at < 0) return { verb, names: services };
  if (!chosen || !isServiceName(chosen)) throw new StackError(usage);
  return { verb, names: [chosen] };
}

/** Works on the database of the stack that runs here, or on one that is started for it. */
async function withDatabase(
  secrets: Secrets,
  work: (database: DatabaseAddress) => Promise<number>,
): Promise<number> {
  const lock = await takeStartLock(layout, ownArgument(fileURLToPath(import.meta.url)));
  if (typeof lock === 'object') return work(runningDatabase(lock.heldBy));
  try {
    const logFile = join(layout.logs, 'postgres.log');
    const postgres = await startPostgres({
      dataDirectory: layout.postgres,
      password: secrets.postgres,
      durable: true,
      logFile,
    });
    try {
      const { host, port, user, password } = postgres;
      await provisionDatabase({ host, port, user, password, database: 'agora' }, secrets.database);
      return await work({ host, port, name: 'agora' });
    } finally {
      await postgres.stop();
    }
  } finally {
    lock();
  }
}

function runningDatabase(pid: number): DatabaseAddress {
  const record = readRunRecord(layout);
  if (record?.pid !== pid || !record.postgres)
    throw new StackError(
      `Agora is just being started in this folder (process ${pid}); try again when it runs.`,
    );
  return { ...record.postgres, name: 'agora' };
}

async function runAll(
  verb: string,
  names: readonly ServiceName[],
  environment: (name: ServiceName) => NodeJS.ProcessEnv,
) {
  let worst = 0;
  for (const name of names) {
    if (!requests.signal.aborted) worst = Math.max(worst, await run(verb, name, environment(name)));
  }
  return requests.signal.aborted ? 130 : worst;
}

function run(verb: string, name: ServiceName, env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [migrationCommand(checkout, name), verb], {
    stdio: 'inherit',
    env,
    cwd: checkout,
  });
  requests.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) =>
    reportFailure(error, (line) => process.stderr.write(`${line}\n`)),
  ),
);
