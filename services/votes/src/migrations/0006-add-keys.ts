import type { Migration } from '@agora/database';

/**
 * What tells posts and accounts from others that were given the same ids, and whether a post was ever published, which says
 * whether votes on it are left from then.
 */
export const addKeys: Migration = {
  name: '0006-add-keys',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE known_posts ADD COLUMN post_key uuid, ADD COLUMN ever_published boolean;
       ALTER TABLE voters ADD COLUMN account_key uuid;
       COMMENT ON COLUMN known_posts.ever_published IS 'Null where states between were not heard of';`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE voters DROP COLUMN account_key;
       ALTER TABLE known_posts DROP COLUMN ever_published, DROP COLUMN post_key;`,
      { transaction },
    );
  },
};
