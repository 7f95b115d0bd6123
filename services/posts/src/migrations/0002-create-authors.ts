import type { Migration } from '@agora/database';

/** Those who have posted, as auth knows them; a deleted one stays as a tombstone without an address. */
export const createAuthors: Migration = {
  name: '0002-create-authors',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE authors (
         id integer CONSTRAINT authors_pkey PRIMARY KEY,
         email varchar(254),
         created_at timestamptz,
         deleted_at timestamptz,
         CONSTRAINT authors_known_check CHECK (deleted_at IS NOT NULL OR (email IS NOT NULL AND created_at IS NOT NULL))
       );`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE authors', { transaction });
  },
};
