import { join } from 'node:path';
import { findNatsServer, natsAccountsOf } from '@agora/local-stack';
import type { Addresses } from './addresses.js';
import { startDatabasePair } from '../cluster/database-pair.js';
import { startEventCluster } from '../cluster/event-cluster.js';
import { openMailServer } from './mail-server.js';
import { startDatabaseServer, startEventServer } from './servers.js';
import type { Stop, SystemOptions } from './options.js';

/** Starts PostgreSQL, NATS and the mailbox, one after the other. */
export async function startServers(
  { folder, logs, signal, announce, received, isCluster = false }: SystemOptions,
  { secrets, natsAdministrator }: Addresses,
  stops: Stop[],
) {
  const place = {
    dataDirectory: join(folder, 'postgres'),
    password: secrets.postgres,
    logFile: join(logs, 'postgres.log'),
  };
  const pair = isCluster ? await startDatabasePair(place, stops) : undefined;
  const postgres = pair ?? (await startDatabaseServer({ ...place, durable: true }));
  stops.push(() => postgres.stop());
  signal.throwIfAborted();
  const natsAccounts = natsAccountsOf(secrets, {});
  for (const { users } of natsAccounts) users.push(natsAdministrator);
  const options = {
    binary: await findNatsServer(announce, signal),
    accounts: natsAccounts,
    durable: true,
  };
  const nodes = isCluster ? await startEventCluster(options, { folder, logs }, stops) : undefined;
  const nats =
    nodes ??
    (await startEventServer({
      ...options,
      storeDirectory: join(folder, 'nats'),
      logFile: join(logs, 'nats.log'),
    }));
  stops.push(() => nats.stop());
  const mail = await openMailServer(received);
  stops.push(() => mail.stop());
  return { postgres, nats, mail, natsAccounts, cluster: nodes && pair && { nats: nodes, postgres: pair } };
}
