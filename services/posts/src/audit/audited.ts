import type { Audited, RebuiltProjection } from '@agora/operations';
import { authAt, readAuditConfig, readProjectionsConfig, votesAt } from '../config.js';
import { findUsersAt } from '../users.js';
import { compareAuthors } from './authors.js';
import { findOrphanedPosts } from './orphaned-posts.js';
import { compareVoteCounts } from './vote-counts.js';

/** What posts keeps is compared with what auth and votes say. */
export function audited(): Audited {
  const settings = readAuditConfig();
  const [auth, votes] = [authAt(settings), votesAt(settings)];
  const findUsers = findUsersAt(auth);
  return {
    publishers: [auth, votes],
    checks: [compareAuthors(findUsers), findOrphanedPosts(findUsers), compareVoteCounts(votes)],
  };
}

/** auth is asked for all authors that posts keeps. */
export const projections = (): RebuiltProjection[] => [
  { check: compareAuthors(findUsersAt(authAt(readProjectionsConfig()))) },
];
