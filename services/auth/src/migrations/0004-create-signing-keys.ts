import type { Migration } from '@agora/database';

/** Key pairs that sign access tokens; the private halves are encrypted PKCS #8. */
export const createSigningKeys: Migration = {
  name: '0004-create-signing-keys',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE signing_keys (
         kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
         algorithm text NOT NULL,
         public_jwk jsonb NOT NULL,
         encrypted_private_key text NOT NULL,
         created_at timestamptz NOT NULL DEFAULT now()
       );`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE signing_keys', { transaction });
  },
};
