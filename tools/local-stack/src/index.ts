/**
 * Agora on one machine, for `npm start`, tests and commands; nothing of it runs in production.
 * `commands/` what npm scripts run · `stack/` what belongs to a stack, and how its parts start · `postgres/` and `nats/` the embedded servers ·
 * `processes/` starting, ending and recognizing processes · `machine/` ports, folders and other things of the machine · `backup/` backups and restores
 */
export { checkBackup } from './backup/check-backup.js';
export { reconcile } from './backup/reconcile.js';
export { restoreBackup } from './backup/restore-backup.js';
export { takeBackup } from './backup/take-backup.js';
export { checkout, layoutOf, type Layout } from './stack/checkout.js';
export {
  addressesOf,
  environmentOf,
  migrationEnvironmentOf,
  natsSettings,
  operationsEnvironmentOf,
  type NatsUser,
  type StackAddresses,
} from './stack/environment.js';
export { freePort, isFree } from './machine/free-port.js';
export { makeStreams } from './nats/make-streams.js';
export { migrateAll } from './stack/migrations.js';
export { startNats, type Nats, type NatsOptions } from './nats/nats.js';
export type { NatsAccount, NatsNode } from './nats/nats-config.js';
export { installPackageWithApt } from './nats/nats-apt.js';
export { permissionsOf, streamPermissionsOf, type NatsPermissions } from './nats/nats-permissions.js';
export { consumersOf, publishersFor, subscribers } from './nats/subscribers.js';
export { findNatsServer, natsServerAt, type NatsBinary } from './nats/nats-server.js';
export { natsAccountsOf, settingOf } from './nats/outside-consumers.js';
export { startPostgres, type Postgres, type PostgresOptions } from './postgres/postgres.js';
export { ownArgument } from './processes/process-identity.js';
export { numberOption, readOptions } from './commands/read-options.js';
export { createProgress, type Progress } from './commands/progress.js';
export { reportFailure } from './commands/report-failure.js';
export { runInFolder, type Workshop } from './processes/run-in-folder.js';
export { makeSecrets, type Secrets } from './stack/secrets.js';
export { copyCluster, promote, startStandby } from './postgres/standby.js';
export { startProcess, type ServerProcess } from './processes/server-process.js';
export { StackError, UsageError } from './machine/stack-error.js';
export { stopRequests, type StopRequests } from './processes/stop-requests.js';
export { makeTemporaryFolder, rememberProcess, removeAbandonedFolders } from './machine/temporary-folder.js';
export { table } from './commands/table.js';
export { streamsOf, subjectOf } from '@agora/messaging/partitions';
export { readTestStack, type TestStack, type TestWorker } from './stack/test-stack.js';
export {
  entryPoint,
  forEachService,
  operateScript,
  portsFrom,
  processes,
  services,
  type MailboxPorts,
  type Ports,
  type ProcessName,
  type ServiceName,
} from './stack/topology.js';
