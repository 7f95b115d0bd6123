import type { Subscription } from '@agora/messaging';
import { countVotes } from './count-votes.js';
import { logActWhenAccountModerated } from './log-act-when-account-moderated.js';
import { renameAuthorWhenUserUpdated } from './rename-author-when-user-updated.js';
import { erasePostsWhenUserDeleted } from './erase-posts-when-user-deleted.js';

/** The events that posts applies. */
export const subscriptions: Subscription[] = [
  countVotes,
  erasePostsWhenUserDeleted,
  renameAuthorWhenUserUpdated,
  logActWhenAccountModerated,
];
