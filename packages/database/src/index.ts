/**
 * The only code that knows how to reach PostgreSQL and change its schema.
 * `connect/` pools and their errors · `statements/` named SQL and transactions · `schema/` roles, migrations, ids · `erase/` large deletions and the quarantine
 */
export {
  connectDatabase,
  connectionOf,
  databaseAnswers,
  databaseSettings,
  openDatabase,
  type DatabaseSettings,
} from './connect/connect.js';
export {
  createErasuresTable,
  dropErasuresTable,
  eraseSome,
  pendingErasures,
  readErasures,
  requestErasures,
  type ErasureKind,
} from './erase/erasures.js';
export { findAnywhere, latestPosition, readFromReplica } from './replica/read-from-replica.js';
export { replicaSettings } from './replica/replica.js';
export { isDatabaseUnavailable, sqlState, whyUnavailable } from './connect/errors.js';
export { waitingStatements } from './connect/pool-metrics.js';
export { gather, gatherReads } from './statements/gather.js';
export { databaseTime } from './statements/database-time.js';
export { readIdSpace } from './schema/id-space.js';
export { runMigrateCommand } from './schema/migrate-command.js';
export { type Migration } from './schema/migrate.js';
export { goOnAfter, openNewIds, type CheckId, type NewIds } from './schema/new-ids.js';
export { approximateRows, findByIds, highestId, valuesAfter, valuesAfterText } from './statements/pages.js';
export {
  countQuarantined,
  createQuarantineTable,
  defineMove,
  dropQuarantineTable,
  followingRun,
  forgetQuarantined,
  holdRowsOfRun,
  holdRowsOfSubject,
  keepInQuarantine,
  listQuarantine,
  moveRows,
  purgeQuarantine,
  putBack,
  quarantineDays,
  type QuarantinedRow,
  type SetAside,
} from './erase/quarantine.js';
export {
  provisionDatabase,
  schemas,
  type AdminConnection,
  type RolePasswords,
  type SchemaName,
} from './schema/provision.js';
export {
  definedStatements,
  defineStatement,
  defineStatementFamily,
  NobodyWaits,
  sharedSql,
  sql,
  type Statement,
} from './statements/sql.js';
export { inSnapshot, inTransaction } from './statements/transaction.js';
