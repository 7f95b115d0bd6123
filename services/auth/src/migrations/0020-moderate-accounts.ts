import type { Migration } from '@agora/database';

/**
 * Bans, and the acts of moderators, admins and operators on accounts. The acts are append-only: the service's role may not change them,
 * and the trigger stops every other role.
 */
export const moderateAccounts: Migration = {
  name: '0020-moderate-accounts',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE users ADD COLUMN banned_until timestamptz;
       CREATE TABLE moderation_acts (
         act_key uuid CONSTRAINT moderation_acts_pkey PRIMARY KEY,
         actor_id integer,
         action text NOT NULL,
         user_id integer NOT NULL,
         reason text,
         acted_at timestamptz NOT NULL
       );
       REVOKE UPDATE, DELETE, TRUNCATE ON moderation_acts FROM auth_app;
       CREATE FUNCTION refuse_change_of_acts() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'the moderation log is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
       CREATE TRIGGER moderation_acts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON moderation_acts
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_acts();`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `DROP TABLE moderation_acts;
       DROP FUNCTION refuse_change_of_acts;
       ALTER TABLE users DROP COLUMN banned_until;`,
      { transaction },
    );
  },
};
