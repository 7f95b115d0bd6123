/** `node audit-command.js [--repair] [--settle <seconds>] [--json]`: compares what posts keeps with what auth and votes say. */
import { runAuditCommand } from '@agora/operations';
import { compareAuthors } from './audit/authors.js';
import { findOrphanedPosts } from './audit/orphaned-posts.js';
import { compareVoteCounts } from './audit/vote-counts.js';
import { readAuditConfig } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { models } from './models/models.js';
import { findUsersAt } from './users.js';

await runAuditCommand({
  service: 'posts',
  models,
  subscriptions,
  audited() {
    const settings = readAuditConfig();
    const auth = { origin: settings.AUTH_INTERNAL_URL, secret: settings.AUTH_INTERNAL_SECRET };
    const votes = { origin: settings.VOTES_INTERNAL_URL, secret: settings.VOTES_INTERNAL_SECRET };
    const findUsers = findUsersAt(auth);
    return {
      publishers: [auth, votes],
      checks: [compareAuthors(findUsers), findOrphanedPosts(findUsers), compareVoteCounts(votes)],
    };
  },
});
