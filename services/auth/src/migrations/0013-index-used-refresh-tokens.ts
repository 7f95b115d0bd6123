import type { Migration } from '@agora/database';

/** Finds the refresh tokens that were used so long ago that nobody need know it any more. */
export const indexUsedRefreshTokens: Migration = {
  name: '0013-index-used-refresh-tokens',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      'CREATE INDEX refresh_tokens_used_at_idx ON refresh_tokens (used_at) WHERE used_at IS NOT NULL',
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX refresh_tokens_used_at_idx', { transaction });
  },
};
