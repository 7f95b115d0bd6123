import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionOf } from '../connect/connect.js';
import type { MigrationRun } from './migrate.js';

/**
 * Resolves once the role of these settings can connect and change its schema. Until then a name does not resolve yet, the server starts, or the database is being
 * provisioned, so every error is retried; throws the last one after the given milliseconds.
 */
export async function waitForSchema(
  { schema, settings, print }: Pick<MigrationRun, 'schema' | 'settings' | 'print'>,
  milliseconds: number,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await seeSchema(schema, settings);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      if (attempt === 0) print(`${schema}: waiting, for ${describe(error)}`);
      await sleep(500);
    }
  }
}

async function seeSchema(schema: string, settings: MigrationRun['settings']): Promise<void> {
  const client = new pg.Client(connectionOf(settings, 'agora-migrate-wait'));
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ may: boolean }>(
      `SELECT has_schema_privilege($1, 'CREATE') AS may`,
      [schema],
    );
    if (!rows[0]?.may) throw new Error(`${settings.DATABASE_USER} may not change the schema ${schema}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A host with several addresses fails with an AggregateError, whose message is empty. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}
