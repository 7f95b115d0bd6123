import type { JsonWebKey } from 'node:crypto';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

@Table({ tableName: 'signing_keys' })
export class SigningKey extends Model {
  @Column({ type: DataType.TEXT, primaryKey: true })
  declare kid: string;

  @Column(DataType.TEXT)
  declare algorithm: string;

  @Column(DataType.JSONB)
  declare publicJwk: JsonWebKey;

  /** PKCS #8 in PEM, encrypted with `SIGNING_KEY_SECRET`. */
  @Column(DataType.TEXT)
  declare encryptedPrivateKey: string;

  @Column(DataType.DATE)
  declare createdAt: Date;
}
