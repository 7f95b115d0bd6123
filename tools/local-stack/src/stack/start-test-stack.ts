import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { provisionDatabase, type AdminConnection } from '@agora/database/provision';
import pg from 'pg';
import { addressesOf, type NatsUser } from './environment.js';
import { mailboxEndings, startMailbox } from './mailbox.js';
import { migrateAll } from './migrations.js';
import { startNats, type Nats } from '../nats/nats.js';
import type { NatsLogin } from '../nats/nats-config.js';
import { permissionsOf } from '../nats/nats-permissions.js';
import { freePort } from '../machine/free-port.js';
import { findNatsServer } from '../nats/nats-server.js';
import { startPostgres, type Postgres } from '../postgres/postgres.js';
import type { Progress } from '../commands/progress.js';
import { makeSecrets, type Secrets } from './secrets.js';
import type { TestStack, TestWorker } from './test-stack.js';
import { processes, type ProcessName } from './topology.js';

export interface TestStackOptions {
  /** The checkout with the compiled migrations. */
  root: string;
  /** An empty folder for everything that is written. */
  folder: string;
  workers: number;
  progress: Progress;
  signal: AbortSignal;
}

export interface RunningTestStack {
  stack: TestStack;
  stop(): Promise<void>;
}

const template = 'agora_template';

/** Starts PostgreSQL and NATS with a migrated database and a NATS account for every worker. */
export async function startTestStack(options: TestStackOptions): Promise<RunningTestStack> {
  const secrets = makeSecrets();
  const workers = Array.from({ length: options.workers }, (_, index) => describeWorker(index + 1));
  const mailboxPorts = { port: await freePort(), smtpPort: await freePort() };
  const [postgres, nats, mailbox] = await Promise.allSettled([
    startTestPostgres(options, secrets, workers),
    startTestNats(options, workers),
    startMailbox({ ...options, ports: mailboxPorts, logFile: join(options.folder, 'mailbox.log') }),
  ]);
  const stop = async () => {
    if (mailbox.status === 'fulfilled') await mailbox.value.end(mailboxEndings);
    if (nats.status === 'fulfilled') await nats.value.stop();
    if (postgres.status === 'fulfilled') await postgres.value.stop();
  };
  if (postgres.status === 'fulfilled' && nats.status === 'fulfilled' && mailbox.status === 'fulfilled') {
    const { host, port, user, password } = postgres.value;
    const stack = {
      postgres: { host, port, user, password },
      databasePasswords: secrets.database,
      nats: { url: nats.value.url },
      mailbox: mailboxPorts,
      workers,
    };
    return { stack, stop };
  }
  await stop();
  throw [postgres, nats, mailbox].find((each) => each.status === 'rejected')?.reason;
}

function describeWorker(index: number): TestWorker {
  const names = [...processes, 'tester'] as const;
  const users = names.map((name) => [
    name,
    { user: `${name}_${index}`, password: randomBytes(16).toString('hex') },
  ]);
  return {
    index,
    database: `agora_${index}`,
    natsUsers: Object.fromEntries(users) as TestWorker['natsUsers'],
  };
}

async function startTestNats(
  { folder, progress, signal }: TestStackOptions,
  workers: TestWorker[],
): Promise<Nats> {
  const binary = await findNatsServer((text) => progress.line(`  … ${text}`), signal);
  const accounts = workers.map(({ index, natsUsers }) => ({
    name: `WORKER_${index}`,
    users: [
      ...processes.map((process) => loginOf(process, natsUsers[process])),
      // The tests themselves publish in anybody's place, and break things.
      natsUsers.tester,
    ],
  }));
  return startNats({
    binary,
    accounts,
    storeDirectory: join(folder, 'nats'),
    durable: false,
    logFile: join(folder, 'nats.log'),
  });
}

const loginOf = (name: ProcessName, login: NatsUser): NatsLogin => ({
  ...login,
  permissions: permissionsOf(name, login.user),
});

async function startTestPostgres(
  options: TestStackOptions,
  secrets: Secrets,
  workers: TestWorker[],
): Promise<Postgres> {
  const { folder } = options;
  const postgres = await startPostgres({
    dataDirectory: join(folder, 'postgres'),
    password: secrets.postgres,
    durable: false,
    logFile: join(folder, 'postgres.log'),
  });
  try {
    await makeDatabases(options, postgres, secrets, workers);
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function makeDatabases(
  { root, signal }: TestStackOptions,
  postgres: Postgres,
  secrets: Secrets,
  workers: TestWorker[],
) {
  const { host, port, user, password } = postgres;
  const admin: AdminConnection = { host, port, user, password, database: template };
  await provisionDatabase(admin, secrets.database);
  const addresses = addressesOf(
    { host, port, name: template },
    { url: 'nats://127.0.0.1:4222', users: {} },
    secrets,
  );
  await migrateAll(root, addresses, signal);
  const client = new pg.Client({ ...admin, database: 'postgres' });
  await client.connect();
  for (const { database } of workers)
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)} TEMPLATE ${template}`);
  await client.end();
  // Rights on a database itself, unlike those in it, are not copied from a template.
  for (const { database } of workers) await provisionDatabase({ ...admin, database }, secrets.database);
}
