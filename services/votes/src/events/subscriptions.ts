import type { Subscription } from '@agora/messaging';
import { eraseVotesWhenPostDeleted } from './erase-votes-when-post-deleted.js';
import { eraseVotesWhenUserDeleted } from './erase-votes-when-user-deleted.js';
import { upsertPostWhenCreated } from './upsert-post-when-created.js';
import { upsertPostWhenUpdated } from './upsert-post-when-updated.js';

/** The events that votes applies. */
export const subscriptions: Subscription[] = [
  upsertPostWhenCreated,
  upsertPostWhenUpdated,
  eraseVotesWhenPostDeleted,
  eraseVotesWhenUserDeleted,
];
