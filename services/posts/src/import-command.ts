import { runImportCommand } from '@agora/monolith';
import { readImportConfig } from './config.js';
import { findOddPosts } from './import/find-odd-posts.js';
import { copyPosts } from './import/posts.js';
import { countOldVotes } from './import/vote-counts.js';
import { models } from './models/models.js';

await runImportCommand({
  service: 'posts',
  readSettings: readImportConfig,
  models,
  tables: ['posts', 'authors'],
  givesIdsTo: 'posts',
  findings: findOddPosts,
  steps: [copyPosts, countOldVotes],
  proofs: [
    { of: 'posts', there: 'SELECT count(*) AS rows FROM posts', here: 'SELECT count(*) AS rows FROM posts' },
    {
      of: 'authors',
      there: 'SELECT count(DISTINCT owner_id) AS rows FROM posts',
      here: 'SELECT count(*) AS rows FROM authors',
    },
    {
      of: 'counted votes',
      there: 'SELECT count(*) AS rows FROM votes',
      here: 'SELECT coalesce(sum(votes), 0) AS rows FROM posts',
    },
  ],
});
