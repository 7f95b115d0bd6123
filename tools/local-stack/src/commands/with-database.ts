import { join } from 'node:path';
import { provisionDatabase } from '@agora/database/provision';
import { makeDataFolder, type Layout } from '../stack/checkout.js';
import { addressesOf, type DatabaseAddress, type StackAddresses } from '../stack/environment.js';
import { startPostgres } from '../postgres/postgres.js';
import { ownArgument } from '../processes/process-identity.js';
import { readRunRecord } from '../processes/run-record.js';
import { keptSecrets, type Secrets } from '../stack/secrets.js';
import { StackError } from '../machine/stack-error.js';
import { takeStartLock } from '../processes/start-lock.js';

/** Works on the database of the stack that runs in this checkout, or on one that is started for it, unless it is of use `onlyRunning`; `script` is the path of the running command. */
export async function withDatabase(
  layout: Layout,
  script: string,
  work: (addresses: StackAddresses) => Promise<number>,
  { onlyRunning = false, onlyStopped = false } = {},
): Promise<number> {
  makeDataFolder(layout);
  const secrets = keptSecrets(layout);
  const workAt = (database: DatabaseAddress) =>
    work(addressesOf(database, { url: 'nats://127.0.0.1:4222', users: {} }, secrets));
  const lock = await takeStartLock(layout, ownArgument(script));
  if (typeof lock === 'object' && onlyStopped)
    throw new StackError(`Agora runs in this folder (process ${lock.heldBy}); stop it first.`);
  if (typeof lock === 'object') return workAt(runningDatabase(layout, lock.heldBy));
  try {
    if (onlyRunning)
      throw new StackError('Agora does not run in this folder, and it has to answer: "npm start" first.');
    return await withStartedDatabase(layout, secrets, workAt);
  } finally {
    lock();
  }
}

async function withStartedDatabase(
  layout: Layout,
  secrets: Secrets,
  work: (database: DatabaseAddress) => Promise<number>,
): Promise<number> {
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
}

function runningDatabase(layout: Layout, pid: number): DatabaseAddress {
  const record = readRunRecord(layout);
  if (record?.pid !== pid || !record.postgres)
    throw new StackError(
      `Agora is just being started in this folder (process ${pid}); try again when it runs.`,
    );
  return { ...record.postgres, name: 'agora' };
}
