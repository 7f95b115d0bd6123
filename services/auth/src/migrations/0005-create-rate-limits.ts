import type { Migration } from '@agora/database';

/** Counters of attempts, each until it expires: the columns, and their order, are those of rate-limiter-flexible. */
export const createRateLimits: Migration = {
  name: '0005-create-rate-limits',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE rate_limits (
         key varchar(255) CONSTRAINT rate_limits_pkey PRIMARY KEY,
         points integer NOT NULL DEFAULT 0,
         expire bigint
       );
       CREATE INDEX rate_limits_expire_idx ON rate_limits (expire);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE rate_limits', { transaction });
  },
};
