import { provisionDatabase, type AdminConnection } from '@agora/database/provision';
import { checkPorts } from '../machine/check-ports.js';
import { makeDataFolder } from './checkout.js';
import { addressesOf, type StackAddresses } from './environment.js';
import { setForeignEventsAside } from '../machine/foreign-events.js';
import { migrateAll } from './migrations.js';
import { endLeftovers } from '../processes/run-record.js';
import { startMailboxMember } from './mailbox.js';
import { makeStreams } from '../nats/make-streams.js';
import { keptConsumers, settingOf } from '../nats/outside-consumers.js';
import { keptSecrets } from './secrets.js';
import type { Start, StackOptions } from './stack-options.js';
import { startServers } from './start-servers.js';
import { startServices } from './start-services.js';
import { mailboxPortsFrom, portsFrom, processes } from './topology.js';

/** The order in which the members are stopped: servers after their clients. */
export const stopOrder = ['compiler', ...processes.toReversed(), 'mailbox', 'NATS', 'PostgreSQL'];

/** Starts PostgreSQL, NATS and the processes `names`, and resolves when all are ready. Rejects with a StackError. */
export async function startStack(options: StackOptions): Promise<StackAddresses> {
  const { layout, names, progress, signal } = options;
  makeDataFolder(layout);
  const leftovers = await endLeftovers(layout);
  if (leftovers.length > 0) progress.line(`  ✓ Ended what an earlier start left: ${leftovers.join(', ')}`);
  // Where there is a mail server no mailbox is needed.
  const mailbox = process.env.SMTP_URL ? undefined : mailboxPortsFrom(process.env);
  await checkPorts(names, portsFrom(process.env), mailbox);
  const start: Start = {
    ...options,
    secrets: keptSecrets(layout),
    record: { root: layout.root, pid: process.pid, processes: {} },
  };
  setForeignEventsAside(layout);
  const { postgres, nats } = await startServers(start);
  signal.throwIfAborted();
  const addresses = addressesOf(
    { host: postgres.host, port: postgres.port, name: 'agora' },
    nats,
    start.secrets,
  );
  await allDone([
    progress.step('Streams', () => {
      const consumers = settingOf(keptConsumers(layout));
      return makeStreams(layout.root, addresses, signal, consumers);
    }),
    ...(mailbox ? [progress.step('Mailbox', () => startMailboxMember(start, mailbox))] : []),
    startOnSchemas(start, addresses, postgres),
  ]);
  return addresses;
}

/** The processes need their schemas; for streams that are not there yet they wait by themselves. */
async function startOnSchemas(
  start: Start,
  addresses: StackAddresses,
  administrator: Omit<AdminConnection, 'database'>,
): Promise<void> {
  const { layout, names, progress, secrets, signal } = start;
  await progress.step('Migrations', async () => {
    await provisionDatabase({ ...administrator, database: 'agora' }, secrets.database);
    await migrateAll(layout.root, addresses, signal);
  });
  await progress.step(names.join(', '), () => startServices(start, addresses));
}

/** Waits for all to end, also when one fails: what is still starting could not be stopped. */
async function allDone(steps: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(steps)) if (result.status === 'rejected') throw result.reason;
}
