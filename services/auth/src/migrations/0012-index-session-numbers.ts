import type { Migration } from '@agora/database';

/** Finds the sessions of an account that have not been ended, however many wait to be erased. */
export const indexSessionNumbers: Migration = {
  name: '0012-index-session-numbers',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE INDEX sessions_user_id_number_idx ON sessions (user_id, number);
       DROP INDEX sessions_user_id_idx;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE INDEX sessions_user_id_idx ON sessions (user_id);
       DROP INDEX sessions_user_id_number_idx;`,
      { transaction },
    );
  },
};
