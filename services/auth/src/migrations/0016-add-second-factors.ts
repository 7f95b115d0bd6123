import type { Migration } from '@agora/database';

/** Second factors with their recovery codes, and the devices that an account was used from. */
export const addSecondFactors: Migration = {
  name: '0016-add-second-factors',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE users ADD COLUMN totp_secret text, ADD COLUMN totp_enabled_at timestamptz,
         ADD COLUMN totp_used_steps integer[] NOT NULL DEFAULT '{}';
       CREATE TABLE recovery_codes (
         user_id integer NOT NULL CONSTRAINT recovery_codes_user_id_fkey REFERENCES users ON DELETE CASCADE,
         hash bytea NOT NULL,
         CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, hash)
       );
       CREATE TABLE seen_devices (
         user_id integer NOT NULL CONSTRAINT seen_devices_user_id_fkey REFERENCES users ON DELETE CASCADE,
         fingerprint bytea NOT NULL,
         seen_at timestamptz NOT NULL DEFAULT now(),
         CONSTRAINT seen_devices_pkey PRIMARY KEY (user_id, fingerprint)
       );
       CREATE INDEX seen_devices_seen_at_idx ON seen_devices (seen_at);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `DROP TABLE seen_devices, recovery_codes;
       ALTER TABLE users DROP COLUMN totp_secret, DROP COLUMN totp_enabled_at, DROP COLUMN totp_used_steps`,
      { transaction },
    );
  },
};
