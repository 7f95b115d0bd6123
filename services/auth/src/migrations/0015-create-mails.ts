import type { Migration } from '@agora/database';

/** Mails that wait to be sent, and the hashes of the tokens that were sent; both go with their account. */
export const createMails: Migration = {
  name: '0015-create-mails',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE mails (
         id uuid CONSTRAINT mails_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
         kind text NOT NULL,
         user_id integer CONSTRAINT mails_user_id_fkey REFERENCES users ON DELETE CASCADE,
         email varchar(254) NOT NULL,
         details jsonb NOT NULL DEFAULT '{}',
         created_at timestamptz NOT NULL DEFAULT now(),
         due_at timestamptz NOT NULL DEFAULT now(),
         attempts integer NOT NULL DEFAULT 0,
         last_error text,
         failed_at timestamptz
       );
       CREATE INDEX mails_due_at_idx ON mails (due_at) WHERE failed_at IS NULL;
       CREATE INDEX mails_failed_at_idx ON mails (failed_at) WHERE failed_at IS NOT NULL;
       CREATE INDEX mails_user_id_idx ON mails (user_id);
       CREATE INDEX mails_email_idx ON mails (email);
       CREATE TABLE mail_tokens (
         hash bytea CONSTRAINT mail_tokens_pkey PRIMARY KEY,
         user_id integer NOT NULL CONSTRAINT mail_tokens_user_id_fkey REFERENCES users ON DELETE CASCADE,
         purpose text NOT NULL,
         email varchar(254) NOT NULL,
         expires_at timestamptz NOT NULL,
         CONSTRAINT mail_tokens_user_id_purpose_key UNIQUE (user_id, purpose)
       );
       CREATE INDEX mail_tokens_expires_at_idx ON mail_tokens (expires_at);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE mail_tokens, mails', { transaction });
  },
};
