import type { Migration } from '@agora/database';

/** The first answers to requests with an `Idempotency-Key`, for a day. */
export const createIdempotencyKeys: Migration = {
  name: '0006-create-idempotency-keys',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE idempotency_keys (
         user_id integer NOT NULL,
         key varchar(255) NOT NULL,
         body_digest bytea NOT NULL,
         status smallint NOT NULL,
         headers jsonb NOT NULL,
         body text NOT NULL,
         created_at timestamptz NOT NULL DEFAULT now(),
         CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key)
       );
       CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE idempotency_keys', { transaction });
  },
};
