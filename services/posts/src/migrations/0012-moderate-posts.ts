import type { Migration } from '@agora/database';

/**
 * Posts that a moderator removes, reports on posts, and the log of what moderators, admins and operators did.
 *
 * A removed post is not `published`, so that every index, statement and event that knows of drafts hides it too; `author_published` keeps what
 * its author wants meanwhile. The log is append-only: the service's role may not change it, and the trigger stops every other role.
 */
export const moderatePosts: Migration = {
  name: '0012-moderate-posts',
  contract: 'the code before removes no post, so it cannot meet the new constraint',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE posts ADD COLUMN removed_at timestamptz, ADD COLUMN removal_reason text,
         ADD COLUMN author_published boolean, ADD COLUMN removals integer NOT NULL DEFAULT 0;
       ALTER TABLE posts ADD CONSTRAINT posts_removed_check CHECK (removed_at IS NULL OR NOT published) NOT VALID;

       CREATE TABLE reports (
         id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT reports_pkey PRIMARY KEY,
         post_id integer NOT NULL CONSTRAINT reports_post_id_fkey REFERENCES posts ON DELETE CASCADE,
         reporter_id integer NOT NULL CONSTRAINT reports_reporter_id_fkey REFERENCES authors,
         reason text NOT NULL,
         created_at timestamptz NOT NULL DEFAULT now(),
         CONSTRAINT reports_post_id_reporter_id_key UNIQUE (post_id, reporter_id)
       );
       CREATE INDEX reports_reporter_id_idx ON reports (reporter_id);

       CREATE TABLE moderation_log (
         id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT moderation_log_pkey PRIMARY KEY,
         act_key uuid NOT NULL CONSTRAINT moderation_log_act_key_key UNIQUE,
         actor_id integer,
         action text NOT NULL,
         post_id integer,
         user_id integer,
         reason text,
         created_at timestamptz NOT NULL
       );
       REVOKE UPDATE, DELETE, TRUNCATE ON moderation_log FROM posts_app;
       CREATE FUNCTION refuse_change_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'the moderation log is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
       CREATE TRIGGER moderation_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON moderation_log
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `UPDATE posts SET removed_at = NULL, published = author_published WHERE removed_at IS NOT NULL;
       ALTER TABLE posts DROP COLUMN removed_at, DROP COLUMN removal_reason, DROP COLUMN author_published, DROP COLUMN removals;
       DROP TABLE reports, moderation_log;
       DROP FUNCTION refuse_change_of_log;`,
      { transaction },
    );
  },
};
