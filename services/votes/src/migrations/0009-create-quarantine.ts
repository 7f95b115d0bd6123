import { createQuarantineTable, dropQuarantineTable, type Migration } from '@agora/database';

/** What an audit would have erased. */
export const createQuarantine: Migration = {
  name: '0009-create-quarantine',
  up: createQuarantineTable,
  down: dropQuarantineTable,
};
