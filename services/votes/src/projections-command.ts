/** `node projections-command.js rebuild [--json]`: asks posts anew for all posts, and auth for all voters that votes keeps. */
import { runProjectionsCommand } from '@agora/operations';
import { compareKnownPosts, findPostsAt, learnOfAllPosts } from './audit/known-posts.js';
import { compareVoters, findUsersAt } from './audit/voters.js';
import { readAuditConfig } from './config.js';
import { KnownPost } from './models/known-post.js';
import { Vote } from './models/vote.js';
import { Voter } from './models/voter.js';

await runProjectionsCommand('votes', [KnownPost, Vote, Voter], () => {
  const { AUTH_INTERNAL_URL, POSTS_INTERNAL_URL } = readAuditConfig();
  return [
    {
      check: compareKnownPosts(findPostsAt(POSTS_INTERNAL_URL)),
      fill: () => learnOfAllPosts(POSTS_INTERNAL_URL),
    },
    { check: compareVoters(findUsersAt(AUTH_INTERNAL_URL)) },
  ];
});
