import { runImportCommand } from '@agora/monolith';
import { readImportConfig } from '../config.js';
import { findOddPosts } from './find-odd-posts.js';
import { copyPosts } from './posts.js';
import { countOldVotes } from './vote-counts.js';
import { models } from '../models/models.js';

/** The odd rows are left out. */
const kept = 'owner_id <> ALL($1::int[]) AND id <> ALL($2::int[])';

/** `operate.js import`: takes over the share of the replaced application's data. */
export const run = () =>
  runImportCommand({
    service: 'posts',
    readSettings: readImportConfig,
    models,
    tables: ['posts', 'authors'],
    givesIdsTo: 'posts',
    findings: findOddPosts,
    steps: [copyPosts, countOldVotes],
    proofs: [
      {
        of: 'posts',
        there: `SELECT count(*) AS rows FROM posts WHERE ${kept}`,
        here: 'SELECT count(*) AS rows FROM posts',
      },
      {
        of: 'authors',
        there: `SELECT count(DISTINCT owner_id) AS rows FROM posts WHERE ${kept}`,
        here: 'SELECT count(*) AS rows FROM authors',
      },
      {
        of: 'counted votes',
        there:
          'SELECT count(*) AS rows FROM votes WHERE user_id <> ALL($1::int[]) AND post_id <> ALL($2::int[])',
        here: 'SELECT coalesce(sum(votes), 0) AS rows FROM posts',
      },
    ],
  });
