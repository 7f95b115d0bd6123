import type { Migration } from '@agora/database';
import {
  boundTables as step,
  joinPartitions as down,
  partitionTables as up,
} from '@agora/messaging/migrating';

/** Keeps events in partitions, which are dropped whole once they are past their retention. */
export const partitionOutboxAndInbox: Migration = {
  name: '0022-partition-outbox-and-inbox',
  contract:
    'the code before knows both tables by their names and columns, which stay; nothing relies on event ids being unique in the outbox',
  step,
  up,
  down,
};
