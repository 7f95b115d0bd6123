import type { Migration } from '@agora/database';
import { addLeases, dropLeases } from '@agora/messaging/migrating';

/** Leases, and what tells a lost stream from the one that was published to. */
export const createLeases: Migration = {
  name: '0017-add-leases',
  up: addLeases,
  down: dropLeases,
};
