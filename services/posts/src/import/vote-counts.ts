import type { Step } from '@agora/monolith';
import type { Transaction } from 'sequelize';
import { Post } from '../models/post.js';

/** Adds the votes of the old application to each post's count. */
export const countOldVotes: Step = {
  name: 'vote counts',
  count: 'SELECT count(DISTINCT post_id) AS rows FROM votes',
  // Large pages: without an index on its posts, the old application's table is read as a whole for each.
  page: `SELECT post_id, count(*)::int AS votes FROM votes WHERE post_id > $1 AND user_id <> ALL($3::int[]) AND post_id <> ALL($4::int[])
         GROUP BY post_id ORDER BY post_id LIMIT $2`,
  position: ['post_id'],
  write: (counts: { post_id: number; votes: number }[], transaction: Transaction) =>
    Post.addVotes(new Map(counts.map(({ post_id: id, votes }) => [id, votes])), transaction),
};
