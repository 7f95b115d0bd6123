import type { Migration } from '@agora/database';

/** Finds, twice a minute, the authors whose name is missing and the addresses that must be forgotten; nearly empty. */
export const indexUnsettledAuthors: Migration = {
  name: '0020-index-unsettled-authors',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE INDEX authors_unnamed_idx ON authors (id) WHERE name IS NULL AND deleted_at IS NULL;
       CREATE INDEX authors_email_idx ON authors (id) WHERE email IS NOT NULL;
       CREATE INDEX authors_public_email_idx ON authors (id) WHERE public_email IS NOT NULL;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP INDEX authors_unnamed_idx, authors_email_idx, authors_public_email_idx', {
      transaction,
    });
  },
};
