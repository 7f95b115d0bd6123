import { runImportCommand } from '@agora/monolith';
import { readImportConfig } from '../config.js';
import { findStrayVotes } from './find-stray-votes.js';
import { copyKnownPosts } from './known-posts.js';
import { copyVotes } from './votes.js';
import { models } from '../models/models.js';

/** What belongs to odd rows is left out with them. */
const kept = 'user_id <> ALL($1::int[]) AND post_id <> ALL($2::int[])';

/** `operate.js import`: takes over the share of the replaced application's data. */
export const run = () =>
  runImportCommand({
    service: 'votes',
    readSettings: readImportConfig,
    models,
    tables: ['votes', 'known_posts', 'voters'],
    findings: findStrayVotes,
    steps: [copyKnownPosts, copyVotes],
    proofs: [
      {
        of: 'known posts',
        there: 'SELECT count(*) AS rows FROM posts WHERE owner_id <> ALL($1::int[]) AND id <> ALL($2::int[])',
        here: 'SELECT count(*) AS rows FROM known_posts',
      },
      {
        of: 'voters',
        there: `SELECT count(DISTINCT user_id) AS rows FROM votes WHERE ${kept}`,
        here: 'SELECT count(*) AS rows FROM voters',
      },
      {
        of: 'votes',
        there: `SELECT count(*) AS rows FROM votes WHERE ${kept}`,
        here: 'SELECT count(*) AS rows FROM votes',
      },
    ],
  });
