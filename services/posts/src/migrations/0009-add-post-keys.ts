import type { Migration } from '@agora/database';

/** A UUID of version 7 (RFC 9562), which PostgreSQL before 18 has no function for: a random one that begins with the milliseconds since 1970. */
const newKey = `encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid`;

/**
 * What tells a post from another that was given the same id, by a failover that lost a tail or a restored backup. Posts that are there
 * already need none, for no sequence goes back that far; to give them one would rewrite the table.
 */
export const addPostKeys: Migration = {
  name: '0009-add-post-keys',
  async up({ sequelize }, transaction) {
    await sequelize.query('ALTER TABLE posts ADD COLUMN post_key uuid', { transaction });
    await sequelize.query(`ALTER TABLE posts ALTER COLUMN post_key SET DEFAULT ${newKey}`, { transaction });
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('ALTER TABLE posts DROP COLUMN post_key', { transaction });
  },
};
