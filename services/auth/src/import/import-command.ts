import { runImportCommand } from '@agora/monolith';
import { readImportConfig } from '../config.js';
import { findUsersInTheWay } from './find-users-in-the-way.js';
import { copyUsers } from './users.js';
import { models } from '../models/models.js';

/** `operate.js import`: takes over the share of the replaced application's data. */
export const run = () =>
  runImportCommand({
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
        there:
          'SELECT count(*) AS rows FROM users WHERE id <> ALL($1::int[]) AND cardinality($2::int[]) >= 0',
        here: 'SELECT count(*) AS rows FROM users',
      },
    ],
  });
