import type { Migration } from '@agora/database';
import { createMessagingTables, dropMessagingTables } from '@agora/messaging/migrating';

/** Outbox, inbox and dead letters. */
export const createMessaging: Migration = {
  name: '0001-create-messaging-tables',
  up: createMessagingTables,
  down: dropMessagingTables,
};
