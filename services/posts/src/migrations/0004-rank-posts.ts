import type { Migration } from '@agora/database';

/**
 * The orders of the feed, each an index: newest, most votes, hottest; of all posts, of one author, and most votes of one day.
 *
 * `hot` is log10(max(votes, 1)) + created_at / 12.5 h: ten times the votes weigh as much as being 12.5 hours (45,000 s) younger, so the
 * first vote counts as much as the next nine, and those as much as the next ninety. It is the ranking that Reddit made known
 * ("How Reddit ranking algorithms work"), without votes against. It knows no "now": it changes with a vote and never with time,
 * which is what lets it be an index, and a page end where the next one begins.
 */
export const rankPosts: Migration = {
  name: '0004-rank-posts',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE posts ADD COLUMN hot double precision NOT NULL GENERATED ALWAYS AS (
         log10(greatest(votes, 1)) + extract(epoch FROM created_at AT TIME ZONE 'UTC')::double precision / 45000
       ) STORED;
       CREATE INDEX posts_new_idx ON posts (id DESC) WHERE published;
       CREATE INDEX posts_top_idx ON posts (votes DESC, id DESC) WHERE published;
       CREATE INDEX posts_hot_idx ON posts (hot DESC, id DESC) WHERE published;
       CREATE INDEX posts_owner_id_new_idx ON posts (owner_id, id DESC) WHERE published;
       CREATE INDEX posts_owner_id_top_idx ON posts (owner_id, votes DESC, id DESC) WHERE published;
       CREATE INDEX posts_owner_id_hot_idx ON posts (owner_id, hot DESC, id DESC) WHERE published;
       CREATE INDEX posts_day_top_idx ON posts (((created_at AT TIME ZONE 'UTC')::date), votes DESC, id DESC) WHERE published;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE posts DROP COLUMN hot;
       DROP INDEX posts_new_idx, posts_top_idx, posts_owner_id_new_idx, posts_owner_id_top_idx, posts_day_top_idx;`,
      { transaction },
    );
  },
};
