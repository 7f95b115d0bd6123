import { provisionDatabase, type AdminConnection } from '@agora/database';
import { addressesOf, checkout, migrateAll } from '@agora/local-stack';
import pg from 'pg';
import type { Servers } from './servers.js';

const template = 'bench_template';

/** Creates the empty, migrated database from which the systems' databases are copied. */
export async function makeTemplate({ postgres, secrets }: Servers, signal: AbortSignal): Promise<void> {
  const administrator = administratorOf(postgres, template);
  await provisionDatabase(administrator, secrets.database);
  const { host, port } = postgres;
  const nowhere = { url: 'nats://127.0.0.1:4222', users: {} };
  await migrateAll(checkout, addressesOf({ host, port, name: template }, nowhere, secrets), signal);
}

/** Makes a database, a copy of that one; answers who may do everything in it. */
export async function makeDatabase(
  { postgres, secrets }: Servers,
  name: string,
  from = template,
): Promise<AdminConnection> {
  const client = new pg.Client(administratorOf(postgres, 'postgres'));
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${from}`);
  } finally {
    await client.end();
  }
  // Rights on a database itself, unlike those in it, are not copied from a template.
  const administrator = administratorOf(postgres, name);
  await provisionDatabase(administrator, secrets.database);
  return administrator;
}

const administratorOf = (
  { host, port, user, password }: Servers['postgres'],
  database: string,
): AdminConnection => ({ host, port, user, password, database });
