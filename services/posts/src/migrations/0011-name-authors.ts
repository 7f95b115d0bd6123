import type { Migration } from '@agora/database';

/**
 * Authors are shown by name. `email` is read no more and goes with a later release; what it holds is forgotten in batches by the running
 * service, as a statement over all rows would hold up whoever posts meanwhile. Addresses that everybody may see (`PUBLIC_EMAILS`) have a column of their own.
 */
export const nameAuthors: Migration = {
  name: '0011-name-authors',
  contract:
    'the code before writes an address and a time with each author, and shows an empty text where there is none',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE authors ADD COLUMN name varchar(30), ADD COLUMN version integer NOT NULL DEFAULT 0,
         ADD COLUMN public_email varchar(254), ADD COLUMN email_version integer;
       ALTER TABLE authors DROP CONSTRAINT authors_known_check;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE authors DROP COLUMN name, DROP COLUMN version, DROP COLUMN public_email, DROP COLUMN email_version;
       ALTER TABLE authors ADD CONSTRAINT authors_known_check
         CHECK (deleted_at IS NOT NULL OR (email IS NOT NULL AND created_at IS NOT NULL)) NOT VALID;`,
      { transaction },
    );
  },
};
