import type { Migration } from '@agora/database';
import { addPartitions as up, dropPartitions as down } from '@agora/messaging/migrating';

/** Says of each event to which of the publisher's streams it goes. */
export const addEventPartitions: Migration = { name: '0024-add-event-partitions', up, down };
