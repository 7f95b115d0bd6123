import type { Migration } from '@agora/database';

/** Finds the authors whose address may have changed since auth was asked for it, as often as that must be looked for; empty without `PUBLIC_EMAILS`. */
export const indexOutdatedEmails: Migration = {
  name: '0018-index-outdated-emails',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      'CREATE INDEX authors_outdated_email_idx ON authors (id) WHERE email_version <> version',
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX authors_outdated_email_idx', { transaction });
  },
};
