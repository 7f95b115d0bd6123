import type { Migration } from '@agora/database';

/** Finds the highest bcrypt cost of all accounts without reading them. */
export const indexPasswordCosts: Migration = {
  name: '0019-index-password-costs',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      "CREATE INDEX users_password_cost_idx ON users (substr(password_hash, 5, 2)) WHERE password_hash LIKE '$2%'",
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX users_password_cost_idx', { transaction });
  },
};
