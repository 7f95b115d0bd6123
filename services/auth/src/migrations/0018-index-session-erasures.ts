import type { Migration } from '@agora/database';

/** Finds the erasure whose turn it is, however many wait. */
export const indexSessionErasures: Migration = {
  name: '0018-index-session-erasures',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      'CREATE INDEX session_erasures_last_turn_at_idx ON session_erasures (last_turn_at)',
      {
        transaction,
      },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX session_erasures_last_turn_at_idx', { transaction });
  },
};
