export {
  connectDatabase,
  databaseAnswers,
  databaseSettings,
  inTransaction,
  type DatabaseSettings,
} from './connect.js';
export { isDatabaseUnavailable } from './errors.js';
export { migrate, type Migration, type MigrationVerb } from './migrate.js';
export { provisionDatabase, schemas, type AdminConnection, type RolePasswords, type SchemaName } from './provision.js';
