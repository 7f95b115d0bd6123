import type { Subscription } from '@agora/messaging';
import { eraseVotesWhenPostDeleted } from './erase-votes-when-post-deleted.js';
import { eraseVotesWhenUserDeleted } from './erase-votes-when-user-deleted.js';
import { learnOfPostWhenCreated } from './learn-of-post-when-created.js';
import { learnOfPostWhenUpdated } from './learn-of-post-when-updated.js';

/** What votes is told. */
export const subscriptions: Subscription[] = [
  learnOfPostWhenCreated,
  learnOfPostWhenUpdated,
  eraseVotesWhenPostDeleted,
  eraseVotesWhenUserDeleted,
];
