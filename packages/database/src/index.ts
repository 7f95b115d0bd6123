export {
  connectDatabase,
  connectionOf,
  databaseAnswers,
  databaseSettings,
  openDatabase,
  type DatabaseSettings,
} from './connect.js';
export {
  createErasuresTable,
  dropErasuresTable,
  eraseSome,
  measureErasures,
  pendingErasures,
  requestErasures,
  type ErasureKind,
} from './erasures.js';
export { isDatabaseUnavailable, sqlState, whyUnavailable } from './errors.js';
export { waitingStatements } from './pool-metrics.js';
export { gather } from './gather.js';
export { measureIdSpace } from './id-space.js';
export { runMigrateCommand, type Migration } from './migrate.js';
export { goOnAfter, openNewIds, type CheckId, type NewIds } from './new-ids.js';
export { approximateRows, findByIds, highestId, valuesAfter, valuesAfterText } from './pages.js';
export {
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
} from './quarantine.js';
export {
  provisionDatabase,
  schemas,
  type AdminConnection,
  type RolePasswords,
  type SchemaName,
} from './provision.js';
export {
  definedStatements,
  defineStatement,
  defineStatementFamily,
  NobodyWaits,
  sharedSql,
  sql,
  type Statement,
} from './sql.js';
export { inSnapshot, inTransaction } from './transaction.js';
