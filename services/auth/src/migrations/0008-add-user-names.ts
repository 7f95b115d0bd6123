import type { Migration } from '@agora/database';

/** Names of accounts; an account without one is shown as `user_<id>`, so no row is rewritten. */
export const addUserNames: Migration = {
  name: '0008-add-user-names',
  contract: 'the code before writes no name, so it cannot meet the new index',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE users ADD COLUMN name varchar(30), ADD COLUMN version integer NOT NULL DEFAULT 1;
       CREATE UNIQUE INDEX users_name_key ON users (lower(name COLLATE "C")) WHERE name IS NOT NULL;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('ALTER TABLE users DROP COLUMN name, DROP COLUMN version', { transaction });
  },
};
