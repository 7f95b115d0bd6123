export {
  connectDatabase,
  connectionOf,
  databaseAnswers,
  databaseSettings,
  inTransaction,
  openDatabase,
  waitingStatements,
  type DatabaseSettings,
} from './connect.js';
export { isDatabaseUnavailable } from './errors.js';
export { gather } from './gather.js';
export { runMigrateCommand, type Migration } from './migrate.js';
export { goOnAfter, openNewIds, type CheckId, type NewIds } from './new-ids.js';
export { findByIds, highestId, valuesAfter } from './pages.js';
export {
  provisionDatabase,
  schemas,
  type AdminConnection,
  type RolePasswords,
  type SchemaName,
} from './provision.js';
export { runSharedStatement, runStatement, type Statement } from './statement.js';
