import type { Migration } from '@agora/database';

/** Accounts. */
export const createUsers: Migration = {
  name: '0002-create-users',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE users (
         id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT users_pkey PRIMARY KEY,
         email varchar(254) NOT NULL CONSTRAINT users_email_key UNIQUE CONSTRAINT users_email_lower_check CHECK (email = lower(email)),
         password_hash text NOT NULL,
         created_at timestamptz NOT NULL DEFAULT now()
       );`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE users', { transaction });
  },
};
