import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../stack/checkout.js';
import { postgresHome } from '../postgres/postgres-home.js';

/**
 * Puts the streams aside when there is no database yet: their events are about users and posts that are gone, and would be taken
 * for news about new ones with the same ids.
 */
export function setForeignEventsAside({ postgres, nats }: Layout): void {
  if (existsSync(join(postgresHome(postgres), 'PG_VERSION')) || !existsSync(nats)) return;
  rmSync(`${nats}.aside`, { recursive: true, force: true });
  renameSync(nats, `${nats}.aside`);
}
