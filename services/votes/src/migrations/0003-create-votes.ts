import type { Migration } from '@agora/database';

/** Votes, at most one per user and post; and who has voted, with tombstones of deleted accounts. */
export const createVotes: Migration = {
  name: '0003-create-votes',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE voters (
         id integer CONSTRAINT voters_pkey PRIMARY KEY,
         deleted_at timestamptz
       );
       CREATE TABLE votes (
         post_id integer NOT NULL CONSTRAINT votes_post_id_fkey REFERENCES known_posts,
         user_id integer NOT NULL CONSTRAINT votes_user_id_fkey REFERENCES voters,
         created_at timestamptz NOT NULL DEFAULT now(),
         CONSTRAINT votes_pkey PRIMARY KEY (post_id, user_id)
       );
       CREATE INDEX votes_user_id_idx ON votes (user_id);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE votes, voters', { transaction });
  },
};
