/** `node projections-command.js rebuild [--json]`: asks posts anew for all posts, and auth for all voters that votes keeps. */
import { runProjectionsCommand } from '@agora/operations';
import { compareKnownPosts, findPostsAt, learnOfAllPosts } from './audit/known-posts.js';
import { compareVoters, findUsersAt } from './audit/voters.js';
import { readAuditConfig } from './config.js';
import { models } from './models/models.js';

await runProjectionsCommand('votes', models, () => {
  const settings = readAuditConfig();
  const auth = { origin: settings.AUTH_INTERNAL_URL, secret: settings.AUTH_INTERNAL_SECRET };
  const posts = { origin: settings.POSTS_INTERNAL_URL, secret: settings.POSTS_INTERNAL_SECRET };
  return [
    {
      check: compareKnownPosts(findPostsAt(posts)),
      fill: () => learnOfAllPosts(posts),
    },
    { check: compareVoters(findUsersAt(auth)) },
  ];
});
