import type { Migration } from '@agora/database';

/** Finds accounts by a part of their address or name, as admins search for them, without reading all. */
export const searchAccounts: Migration = {
  name: '0023-search-accounts',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE INDEX users_email_trigrams_idx ON users USING gin (email gin_trgm_ops);
       CREATE INDEX users_name_trigrams_idx ON users USING gin (coalesce(name, 'user_' || id::text) gin_trgm_ops);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX users_email_trigrams_idx, users_name_trigrams_idx', { transaction });
  },
};
