import type { Migration } from '@agora/database';

/** When a signing key begins to sign, and when it was retired, which takes its private half away. */
export const addSigningKeyTimes: Migration = {
  name: '0006-add-signing-key-times',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `ALTER TABLE signing_keys
         ADD COLUMN activates_at timestamptz,
         ADD COLUMN retired_at timestamptz,
         ALTER COLUMN encrypted_private_key DROP NOT NULL,
         ADD CONSTRAINT signing_keys_private_until_retired_check
           CHECK ((encrypted_private_key IS NULL) = (retired_at IS NOT NULL));
       UPDATE signing_keys SET activates_at = created_at;`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `DELETE FROM signing_keys WHERE retired_at IS NOT NULL;
       ALTER TABLE signing_keys
         DROP CONSTRAINT signing_keys_private_until_retired_check,
         DROP COLUMN activates_at,
         DROP COLUMN retired_at,
         ALTER COLUMN encrypted_private_key SET NOT NULL;`,
      { transaction },
    );
  },
};
