import type { Migration } from '@agora/database';
import { createMessaging } from './migrations/0001-create-messaging-tables.js';
import { createKnownPosts } from './migrations/0002-create-known-posts.js';
import { createVotes } from './migrations/0003-create-votes.js';
import { createAuditResults } from './migrations/0004-create-audit-results.js';
import { createImports } from './migrations/0005-create-imports.js';
import { addKeys } from './migrations/0006-add-keys.js';
import { createErasures } from './migrations/0007-create-erasures.js';
import { createLeases } from './migrations/0008-add-leases.js';
import { createQuarantine } from './migrations/0009-create-quarantine.js';
import { indexDeadLetters } from './migrations/0010-index-dead-letters.js';
import { addEventPartitions } from './migrations/0011-add-event-partitions.js';
import { partitionOutboxAndInbox } from './migrations/0012-partition-outbox-and-inbox.js';

/** The history of the schema, in order. */
export const migrations: Migration[] = [
  createMessaging,
  createKnownPosts,
  createVotes,
  createAuditResults,
  createImports,
  addKeys,
  createErasures,
  createLeases,
  createQuarantine,
  indexDeadLetters,
  addEventPartitions,
  partitionOutboxAndInbox,
];
