import type pg from 'pg';
import type { Layout } from '../stack/checkout.js';
import type { StackAddresses } from '../stack/environment.js';
import { superuser } from '../postgres/postgres-cluster.js';
import { keptSecrets } from '../stack/secrets.js';
import { StackError } from '../machine/stack-error.js';

/** How the administrator connects to the database of a stack. */
export const administratorOf = (layout: Layout, { database }: StackAddresses): pg.ClientConfig => ({
  host: database.host,
  port: database.port,
  database: database.name,
  user: superuser,
  password: keptSecrets(layout).postgres,
});

/** Throws where the database is not that of the stack in this folder, which alone these commands know. */
export function requireOwnStack(command: string): void {
  if (process.env.DATABASE_HOST)
    throw new StackError(
      `DATABASE_HOST is set, and ${command} is for the stack in this folder; docs/backup-and-restore.md says how other databases are backed up.`,
    );
}
