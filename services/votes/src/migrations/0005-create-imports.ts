import type { Migration } from '@agora/database';
import { createImportTable, dropImportTable } from '@agora/monolith';

/** How far the import from the old application is. */
export const createImports: Migration = {
  name: '0005-create-imports',
  up: createImportTable,
  down: dropImportTable,
};
