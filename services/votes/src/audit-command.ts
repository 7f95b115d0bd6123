/** `node audit-command.js [--repair] [--settle <seconds>] [--json]`: compares what votes keeps with what auth and posts say. */
import { runAuditCommand } from '@agora/operations';
import { compareKnownPosts, findPostsAt } from './audit/known-posts.js';
import { findVotesNotAllowed, findVotesWithoutPost, findVotesWithoutVoter } from './audit/orphaned-votes.js';
import { compareVoters, findUsersAt } from './audit/voters.js';
import { readAuditConfig } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { models } from './models/models.js';

await runAuditCommand({
  service: 'votes',
  models,
  subscriptions,
  audited() {
    const settings = readAuditConfig();
    const auth = { origin: settings.AUTH_INTERNAL_URL, secret: settings.AUTH_INTERNAL_SECRET };
    const posts = { origin: settings.POSTS_INTERNAL_URL, secret: settings.POSTS_INTERNAL_SECRET };
    const [findUsers, findPosts] = [findUsersAt(auth), findPostsAt(posts)];
    return {
      publishers: [auth, posts],
      checks: [
        compareKnownPosts(findPosts),
        compareVoters(findUsers),
        findVotesWithoutPost(findPosts),
        findVotesWithoutVoter(findUsers),
        findVotesNotAllowed(findPosts),
      ],
    };
  },
});
