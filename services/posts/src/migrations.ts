import type { Migration } from '@agora/database';
import { createMessaging } from './migrations/0001-create-messaging-tables.js';
import { createAuthors } from './migrations/0002-create-authors.js';
import { createPosts } from './migrations/0003-create-posts.js';
import { rankPosts } from './migrations/0004-rank-posts.js';
import { searchTitles } from './migrations/0005-search-titles.js';
import { createIdempotencyKeys } from './migrations/0006-create-idempotency-keys.js';
import { createAuditResults } from './migrations/0007-create-audit-results.js';
import { nameAuthors } from './migrations/0011-name-authors.js';
import { moderatePosts } from './migrations/0012-moderate-posts.js';
import { createImports } from './migrations/0008-create-imports.js';
import { addPostKeys } from './migrations/0009-add-post-keys.js';
import { createErasures } from './migrations/0010-create-erasures.js';
import { createLeases } from './migrations/0013-add-leases.js';
import { namePostsOfKeptAnswers } from './migrations/0014-name-posts-of-kept-answers.js';
import { createQuarantine } from './migrations/0015-create-quarantine.js';
import { addAccountKeys } from './migrations/0016-add-account-keys.js';
import { indexOutdatedEmails } from './migrations/0018-index-outdated-emails.js';
import { createStreamTickets } from './migrations/0017-create-stream-tickets.js';
import { indexDeadLetters } from './migrations/0019-index-dead-letters.js';
import { indexUnsettledAuthors } from './migrations/0020-index-unsettled-authors.js';
import { addEventPartitions } from './migrations/0021-add-event-partitions.js';
import { partitionOutboxAndInbox } from './migrations/0022-partition-outbox-and-inbox.js';

/** The history of the schema, in order. */
export const migrations: Migration[] = [
  createMessaging,
  createAuthors,
  createPosts,
  rankPosts,
  searchTitles,
  createIdempotencyKeys,
  createAuditResults,
  createImports,
  addPostKeys,
  createErasures,
  nameAuthors,
  moderatePosts,
  createLeases,
  namePostsOfKeptAnswers,
  createQuarantine,
  addAccountKeys,
  createStreamTickets,
  indexOutdatedEmails,
  indexDeadLetters,
  indexUnsettledAuthors,
  addEventPartitions,
  partitionOutboxAndInbox,
];
