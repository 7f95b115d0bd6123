import type { Migration } from '@agora/database';

/** Posts, each with its count of votes. */
export const createPosts: Migration = {
  name: '0003-create-posts',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE posts (
         id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT posts_pkey PRIMARY KEY,
         owner_id integer NOT NULL CONSTRAINT posts_owner_id_fkey REFERENCES authors,
         title text NOT NULL,
         content text NOT NULL,
         published boolean NOT NULL,
         version integer NOT NULL DEFAULT 1,
         votes integer NOT NULL DEFAULT 0,
         created_at timestamptz NOT NULL DEFAULT now(),
         updated_at timestamptz NOT NULL DEFAULT now()
       );
       CREATE INDEX posts_owner_id_id_idx ON posts (owner_id, id DESC);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE posts', { transaction });
  },
};
