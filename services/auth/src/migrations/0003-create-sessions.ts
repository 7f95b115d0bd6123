import type { Migration } from '@agora/database';

/** Sessions and the refresh tokens that continue them; both go with their account. */
export const createSessions: Migration = {
  name: '0003-create-sessions',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE sessions (
         id uuid CONSTRAINT sessions_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
         user_id integer NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users ON DELETE CASCADE,
         created_at timestamptz NOT NULL DEFAULT now(),
         last_used_at timestamptz NOT NULL DEFAULT now(),
         expires_at timestamptz NOT NULL,
         ip text NOT NULL,
         user_agent text NOT NULL
       );
       CREATE INDEX sessions_user_id_idx ON sessions (user_id);
       CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
       CREATE TABLE refresh_tokens (
         hash bytea CONSTRAINT refresh_tokens_pkey PRIMARY KEY,
         session_id uuid NOT NULL CONSTRAINT refresh_tokens_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
         created_at timestamptz NOT NULL DEFAULT now(),
         expires_at timestamptz NOT NULL,
         used_at timestamptz
       );
       CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE refresh_tokens, sessions', { transaction });
  },
};
