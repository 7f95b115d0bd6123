import type { Migration } from '@agora/database';

/** The posts that votes has heard of; a deleted one stays as a tombstone, so that no late event brings it back. */
export const createKnownPosts: Migration = {
  name: '0002-create-known-posts',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE known_posts (
         id integer CONSTRAINT known_posts_pkey PRIMARY KEY,
         owner_id integer,
         published boolean NOT NULL DEFAULT false,
         version integer NOT NULL DEFAULT 0,
         deleted_at timestamptz
       );`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE known_posts', { transaction });
  },
};
