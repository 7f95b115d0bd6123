import { createErasuresTable, dropErasuresTable, type Migration } from '@agora/database';

/** What is still to be erased of things that have their tombstones. */
export const createErasures: Migration = {
  name: '0010-create-erasures',
  up: createErasuresTable,
  down: dropErasuresTable,
};
