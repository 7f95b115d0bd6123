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
export { runMigrateCommand, type Migration } from './migrate.js';
export { findByIds, valuesAfter } from './pages.js';
export {
  provisionDatabase,
  schemas,
  type AdminConnection,
  type RolePasswords,
  type SchemaName,
} from './provision.js';
export { runStatement, type Statement } from './statement.js';
