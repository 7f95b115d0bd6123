/** `node audit-command.js [--repair] [--settle <seconds>] [--json]`: compares what votes keeps with what auth and posts say. */
import { runAuditCommand } from '@agora/operations';
import { compareKnownPosts, findPostsAt } from './audit/known-posts.js';
import { findVotesWithoutPost, findVotesWithoutVoter } from './audit/orphaned-votes.js';
import { compareVoters, findUsersAt } from './audit/voters.js';
import { readAuditConfig } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { KnownPost } from './models/known-post.js';
import { Vote } from './models/vote.js';
import { Voter } from './models/voter.js';

await runAuditCommand({
  service: 'votes',
  models: [KnownPost, Vote, Voter],
  subscriptions,
  audited() {
    const { AUTH_INTERNAL_URL, POSTS_INTERNAL_URL } = readAuditConfig();
    const [findUsers, findPosts] = [findUsersAt(AUTH_INTERNAL_URL), findPostsAt(POSTS_INTERNAL_URL)];
    return {
      publishers: [AUTH_INTERNAL_URL, POSTS_INTERNAL_URL],
      checks: [
        compareKnownPosts(findPosts),
        compareVoters(findUsers),
        findVotesWithoutPost(findPosts),
        findVotesWithoutVoter(findUsers),
      ],
    };
  },
});
