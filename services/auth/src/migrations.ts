import type { Migration } from '@agora/database';
import { createMessaging } from './migrations/0001-create-messaging-tables.js';
import { createUsers } from './migrations/0002-create-users.js';
import { createSessions } from './migrations/0003-create-sessions.js';
import { createSigningKeys } from './migrations/0004-create-signing-keys.js';
import { createRateLimits } from './migrations/0005-create-rate-limits.js';
import { addSigningKeyTimes } from './migrations/0006-add-signing-key-times.js';
import { createImports } from './migrations/0007-create-imports.js';
import { addUserNames } from './migrations/0008-add-user-names.js';
import { addAccountKeys } from './migrations/0009-add-account-keys.js';
import { fillAccountKeys } from './migrations/0010-fill-account-keys.js';
import { createSessionErasures } from './migrations/0011-create-session-erasures.js';
import { indexSessionNumbers } from './migrations/0012-index-session-numbers.js';
import { indexUsedRefreshTokens } from './migrations/0013-index-used-refresh-tokens.js';
import { numberRevocations } from './migrations/0014-number-revocations.js';
import { createMails } from './migrations/0015-create-mails.js';
import { addSecondFactors } from './migrations/0016-add-second-factors.js';
import { createLeases } from './migrations/0017-add-leases.js';
import { indexSessionErasures } from './migrations/0018-index-session-erasures.js';
import { indexPasswordCosts } from './migrations/0019-index-password-costs.js';
import { moderateAccounts } from './migrations/0020-moderate-accounts.js';
import { indexWaitingMails } from './migrations/0021-index-waiting-mails.js';
import { indexDeadLetters } from './migrations/0022-index-dead-letters.js';
import { searchAccounts } from './migrations/0023-search-accounts.js';
import { addEventPartitions } from './migrations/0024-add-event-partitions.js';
import { partitionOutboxAndInbox } from './migrations/0025-partition-outbox-and-inbox.js';

/** The history of the schema, in order. */
export const migrations: Migration[] = [
  createMessaging,
  createUsers,
  createSessions,
  createSigningKeys,
  createRateLimits,
  addSigningKeyTimes,
  createImports,
  addUserNames,
  addAccountKeys,
  fillAccountKeys,
  createSessionErasures,
  indexSessionNumbers,
  indexUsedRefreshTokens,
  numberRevocations,
  createMails,
  addSecondFactors,
  createLeases,
  indexSessionErasures,
  indexPasswordCosts,
  moderateAccounts,
  indexWaitingMails,
  indexDeadLetters,
  searchAccounts,
  addEventPartitions,
  partitionOutboxAndInbox,
];
