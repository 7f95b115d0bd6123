export { checkBackup } from './backup/check-backup.js';
export { reconcile } from './backup/reconcile.js';
export { restoreBackup } from './backup/restore-backup.js';
export { takeBackup } from './backup/take-backup.js';
export { checkout, layoutOf, type Layout } from './checkout.js';
export {
  addressesOf,
  environmentOf,
  migrationEnvironmentOf,
  type NatsUser,
  type StackAddresses,
} from './environment.js';
export { freePort, isFree } from './free-port.js';
export { makeStreams } from './make-streams.js';
export { migrateAll } from './migrations.js';
export { startNats, type Nats, type NatsOptions } from './nats.js';
export type { NatsAccount } from './nats-config.js';
export { installPackageWithApt } from './nats-apt.js';
export { permissionsOf } from './nats-permissions.js';
export { findNatsServer, type NatsBinary } from './nats-server.js';
export { natsAccountsOf, settingOf } from './outside-consumers.js';
export { startPostgres, type Postgres, type PostgresOptions } from './postgres.js';
export { ownArgument } from './process-identity.js';
export { createProgress, type Progress } from './progress.js';
export { reportFailure } from './report-failure.js';
export { runInFolder, type Workshop } from './run-in-folder.js';
export { makeSecrets, type Secrets } from './secrets.js';
export { copyCluster, promote, startStandby } from './standby.js';
export { startProcess, type ServerProcess } from './server-process.js';
export { StackError } from './stack-error.js';
export { stopRequests, type StopRequests } from './stop-requests.js';
export { makeTemporaryFolder, rememberProcess, removeAbandonedFolders } from './temporary-folder.js';
export { table } from './table.js';
export { readTestStack, type TestStack, type TestWorker } from './test-stack.js';
export {
  entryPoint,
  forEachService,
  migrationCommand,
  portsFrom,
  processes,
  services,
  type MailboxPorts,
  type Ports,
  type ProcessName,
  type ServiceName,
} from './topology.js';
