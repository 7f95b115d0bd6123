import type { Migration } from '@agora/database';

/** What tells an author from another account that was given the same id. Null for those who were known before there were keys. */
export const addAccountKeys: Migration = {
  name: '0016-add-account-keys',
  async up({ sequelize }, transaction) {
    await sequelize.query('ALTER TABLE authors ADD COLUMN account_key uuid', { transaction });
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('ALTER TABLE authors DROP COLUMN account_key', { transaction });
  },
};
