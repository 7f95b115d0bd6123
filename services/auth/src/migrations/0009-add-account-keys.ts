import type { Migration } from '@agora/database';

/**
 * What access tokens say of an account besides its id, and numbers for sessions, by which all of a user's can be ended at once.
 * Accounts that are there get their key in the next migration: a default that differs from row to row would rewrite the table.
 */
export const addAccountKeys: Migration = {
  name: '0009-add-account-keys',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE users
         ADD COLUMN account_key uuid,
         ADD COLUMN role text NOT NULL DEFAULT 'user',
         ADD COLUMN email_verified_at timestamptz,
         ADD COLUMN last_session_number bigint NOT NULL DEFAULT 0,
         ADD COLUMN sessions_ended_up_to bigint NOT NULL DEFAULT -1;
       ALTER TABLE users ALTER COLUMN account_key SET DEFAULT gen_random_uuid();
       ALTER TABLE sessions ADD COLUMN number bigint NOT NULL DEFAULT 0;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE sessions DROP COLUMN number;
       ALTER TABLE users
         DROP COLUMN account_key,
         DROP COLUMN role,
         DROP COLUMN email_verified_at,
         DROP COLUMN last_session_number,
         DROP COLUMN sessions_ended_up_to;`,
      { transaction },
    );
  },
};
