import type { Migration } from '@agora/database';

/**
 * Which ended sessions are still to be erased. Deleting an account no longer deletes all of its sessions in the same statement: it erases
 * so many as an account has ordinarily and leaves the rest to be erased in steps. A session without an account is good for nothing.
 */
export const createSessionErasures: Migration = {
  name: '0011-create-session-erasures',
  contract: 'the trigger does for the code before what the foreign key did',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE session_erasures (
         user_id integer CONSTRAINT session_erasures_pkey PRIMARY KEY,
         up_to bigint NOT NULL,
         trims boolean NOT NULL DEFAULT false,
         last_turn_at timestamptz NOT NULL DEFAULT now()
       );
       CREATE FUNCTION erase_sessions_of_deleted_user() RETURNS trigger LANGUAGE plpgsql
         SET search_path FROM CURRENT AS $$
       BEGIN
         DELETE FROM sessions WHERE id = ANY(ARRAY(SELECT id FROM sessions WHERE user_id = OLD.id LIMIT 100));
         INSERT INTO session_erasures (user_id, up_to)
           SELECT OLD.id, 9223372036854775807 WHERE EXISTS (SELECT FROM sessions WHERE user_id = OLD.id)
           ON CONFLICT (user_id) DO UPDATE SET up_to = excluded.up_to;
         RETURN NULL;
       END $$;
       CREATE TRIGGER users_erase_sessions_trigger AFTER DELETE ON users
         FOR EACH ROW EXECUTE FUNCTION erase_sessions_of_deleted_user();
       ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `DELETE FROM sessions WHERE NOT EXISTS (SELECT FROM users WHERE users.id = user_id);
       ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
       DROP TRIGGER users_erase_sessions_trigger ON users;
       DROP FUNCTION erase_sessions_of_deleted_user;
       DROP TABLE session_erasures;`,
      { transaction },
    );
  },
};
