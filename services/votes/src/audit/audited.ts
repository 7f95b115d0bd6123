import type { Audited, RebuiltProjection } from '@agora/operations';
import { authAt, postsAt, readAuditConfig } from '../config.js';
import { compareKnownPosts, findPostsAt, upsertAllPosts } from './known-posts.js';
import { findVotesNotAllowed, findVotesWithoutPost, findVotesWithoutVoter } from './orphaned-votes.js';
import { compareVoters, findUsersAt } from './voters.js';

/** What votes keeps is compared with what auth and posts say. */
export function audited(): Audited {
  const settings = readAuditConfig();
  const [auth, posts] = [authAt(settings), postsAt(settings)];
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
}

/** posts is asked for all posts, and auth for all voters that votes keeps. */
export function projections(): RebuiltProjection[] {
  const settings = readAuditConfig();
  const posts = postsAt(settings);
  return [
    { check: compareKnownPosts(findPostsAt(posts)), fill: () => upsertAllPosts(posts) },
    { check: compareVoters(findUsersAt(authAt(settings))) },
  ];
}
