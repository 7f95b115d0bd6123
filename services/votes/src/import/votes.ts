import { defineStatement, sql } from '@agora/database';
import type { Step } from '@agora/monolith';
import type { Transaction } from 'sequelize';
import { Voter } from '../models/voter.js';

interface OldVote {
  user_id: number;
  post_id: number;
}

const insertVotes = defineStatement(
  'import-votes',
  'INSERT INTO votes (post_id, user_id) SELECT * FROM unnest($1::int[], $2::int[])',
);

/** Copies the votes and the voters. The old application did not record when votes were cast. */
export const copyVotes: Step = {
  name: 'votes',
  count: 'SELECT count(*) AS rows FROM votes',
  page: `SELECT user_id, post_id FROM votes WHERE (user_id, post_id) > ($1, $2) AND user_id <> ALL($4::int[]) AND post_id <> ALL($5::int[])
         ORDER BY user_id, post_id LIMIT $3`,
  position: ['user_id', 'post_id'],
  async write(votes: OldVote[], transaction: Transaction) {
    const userIds = votes.map(({ user_id: userId }) => userId);
    await Voter.bulkCreate(
      [...new Set(userIds)].map((id) => ({ id })),
      { ignoreDuplicates: true, transaction },
    );
    await sql(insertVotes, [votes.map(({ post_id: postId }) => postId), userIds], transaction);
  },
};
