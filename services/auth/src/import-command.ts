import { runImportCommand } from '@agora/monolith';
import { readImportConfig } from './config.js';
import { findUsersInTheWay } from './import/find-users-in-the-way.js';
import { copyUsers } from './import/users.js';
import { models } from './models/models.js';

await runImportCommand({
  service: 'auth',
  readSettings: readImportConfig,
  models,
  tables: ['users'],
  givesIdsTo: 'users',
  findings: findUsersInTheWay,
  steps: [copyUsers],
  proofs: [
    {
      of: 'users',
      there: 'SELECT count(*) AS rows FROM users WHERE id <> ALL($1::int[]) AND cardinality($2::int[]) >= 0',
      here: 'SELECT count(*) AS rows FROM users',
    },
  ],
});
