import { connectionOf, type DatabaseSettings } from '@agora/database';
import pg from 'pg';

/** A connection to the service's own database that may take its time; while it lasts nobody else imports there. Undefined when somebody does. */
export async function openTarget(
  settings: DatabaseSettings,
  service: string,
): Promise<pg.Client | undefined> {
  const client = new pg.Client(connectionOf(settings, `${service}-import`));
  // Without a listener, a connection that breaks while idle ends the process; the next query reports it anyway.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('SET statement_timeout = 0');
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
    [`${service}.import`],
  );
  if (rows[0]?.taken) return client;
  await client.end();
  return undefined;
}
