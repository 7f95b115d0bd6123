import type { Migration } from '@agora/database';

/** Which post a kept answer shows, so that it is forgotten with the post. Answers of the last day that do not say so go when their day is over. */
export const namePostsOfKeptAnswers: Migration = {
  name: '0014-name-posts-of-kept-answers',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE idempotency_keys ADD COLUMN post_id integer;
       CREATE INDEX idempotency_keys_post_id_idx ON idempotency_keys (post_id) WHERE post_id IS NOT NULL;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('ALTER TABLE idempotency_keys DROP COLUMN post_id', { transaction });
  },
};
