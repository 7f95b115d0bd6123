import type { Migration } from '@agora/database';
import { createAuditResultsTable, dropAuditResultsTable } from '@agora/operations';

/** What the last audit left. */
export const createAuditResults: Migration = {
  name: '0007-create-audit-results',
  up: createAuditResultsTable,
  down: dropAuditResultsTable,
};
