import type { Migration } from '@agora/database';

/** Finds the mail that has waited longest, however many wait or were given up. */
export const indexWaitingMails: Migration = {
  name: '0021-index-waiting-mails',
  async up({ sequelize }, transaction) {
    await sequelize.query('CREATE INDEX mails_waiting_idx ON mails (created_at) WHERE failed_at IS NULL', {
      transaction,
    });
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX mails_waiting_idx', { transaction });
  },
};
