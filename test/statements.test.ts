import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Files with SQL that is in no list of statements, and why it need not be explained on large data. */
const others: Record<string, string> = {
  'packages/database/src/statements/sql.ts': 'runs the list of services',
  'packages/messaging/src/statements.ts': 'runs the list of messaging',
  'packages/messaging/src/leases.ts': 'runs the list of messaging',
  'packages/messaging/src/migrating.ts': 'a part of migrations',
  'packages/messaging/src/retain/partition-tables.ts': 'a part of migrations',
  'packages/database/src/erase/erasures.ts': 'a part of migrations',
  'packages/database/src/erase/quarantine.ts': 'a part of migrations',
  'tools/operations/src/audit/audit-results.ts': 'a part of migrations',
  'tools/import-monolith/src/tables.ts': 'a part of migrations',
  'packages/database/src/schema/migrate.ts': 'runs migrations, without a limit of time',
  'packages/database/src/schema/provision.ts': 'makes databases and roles',
  'packages/database/src/schema/wait-for-schema.ts': 'asks whether a role can change its schema',
  'packages/database/src/schema/new-ids.ts':
    'asks for the end of a primary key, and for numbers of a sequence',
  'packages/database/src/connect/connect.ts': 'asks whether the database takes writes, and where its log is',
  'packages/database/src/replica/replica.ts': 'asks what a standby has replayed',
  'tools/import-monolith/src/run-import-command.ts': 'asks for one row, whichever',
  'tools/import-monolith/src/source.ts': 'reads the database of the old application',
  'tools/import-monolith/src/prove.ts': 'counts without a limit of time, once, what was imported',
};

it('lets code run SQL by the lists of statements that are explained on large data', () => {
  const sources = globSync('{packages/*,services/*,tools/operations,tools/import-monolith}/src/**/*.ts', {
    cwd: repository,
  }).filter((path) => !path.includes('/migrations/'));
  const found = sources.filter((path) => /\.query[<(]/.test(readFileSync(`${repository}/${path}`, 'utf8')));
  expect(found.toSorted()).toEqual(Object.keys(others).toSorted());
});
