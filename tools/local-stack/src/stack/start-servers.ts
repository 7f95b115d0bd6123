import { join } from 'node:path';
import { natsEndings, startNats } from '../nats/nats.js';
import { findNatsServer } from '../nats/nats-server.js';
import { keptConsumers, natsAccountsOf } from '../nats/outside-consumers.js';
import { postgresEndings, startPostgres } from '../postgres/postgres.js';
import { writeRunRecord } from '../processes/run-record.js';
import type { Start } from './stack-options.js';
import { forEachProcess } from './topology.js';

/** Starts PostgreSQL and NATS at the same time and adds them to the fleet. */
export async function startServers(start: Start) {
  const { progress } = start;
  // Both must have settled before a failure is reported: a server that is still starting could not be stopped.
  const [postgres, nats] = await Promise.allSettled([
    progress.step('PostgreSQL', () => startPostgresMember(start)),
    progress.step('NATS', () => startNatsMember(start)),
  ]);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (nats.status === 'rejected') throw nats.reason;
  return { postgres: postgres.value, nats: nats.value };
}

async function startPostgresMember({ layout, secrets, fleet, record }: Start) {
  const logFile = join(layout.logs, 'postgres.log');
  const options = { dataDirectory: layout.postgres, password: secrets.postgres, durable: true, logFile };
  const postgres = await startPostgres(options);
  const { host, port, user, password, process } = postgres;
  const restart = async () => (await startPostgres({ ...options, port })).process;
  fleet.add({ name: 'PostgreSQL', process, restart, endings: postgresEndings, kill: 'SIGQUIT' });
  record.postgres = { host, port };
  writeRunRecord(layout.run, record);
  return { host, port, user, password };
}

async function startNatsMember({ layout, secrets, fleet, record, progress, signal }: Start) {
  if (process.env.NATS_URL) return givenNats(process.env.NATS_URL);
  const binary = await findNatsServer((text) => progress.line(`  … ${text}`), signal);
  const users = forEachProcess((name) => ({ user: name, password: secrets.nats[name] }));
  const options = () => ({
    binary,
    accounts: natsAccountsOf(secrets, keptConsumers(layout)),
    storeDirectory: layout.nats,
    durable: true,
    logFile: join(layout.logs, 'nats.log'),
  });
  const nats = await startNats(options());
  const restart = async () => (await startNats({ ...options(), port: nats.port })).process;
  fleet.add({ name: 'NATS', process: nats.process, restart, endings: natsEndings, kill: 'SIGKILL' });
  record.processes.NATS = { pid: nats.process.pid, argument: nats.configFile };
  writeRunRecord(layout.run, record);
  return { url: nats.url, users: { ...users, streams: { user: 'streams', password: secrets.nats.streams } } };
}

function givenNats(url: string) {
  const { NATS_USER: user, NATS_PASSWORD: password } = process.env;
  if (!user || !password) return { url, users: {} };
  const given = { user, password };
  return { url, users: { ...forEachProcess(() => given), streams: given } };
}
