import type { Migration } from '@agora/database';

/** Finds titles by any three letters or digits in a row; provisioning brings the extension. */
export const searchTitles: Migration = {
  name: '0005-search-titles',
  async up({ sequelize }, transaction) {
    await sequelize.query('CREATE INDEX posts_title_idx ON posts USING gin (title gin_trgm_ops)', {
      transaction,
    });
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX posts_title_idx', { transaction });
  },
};
