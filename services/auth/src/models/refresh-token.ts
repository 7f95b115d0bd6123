import { Column, DataType, Model, Table } from 'sequelize-typescript';

@Table({ tableName: 'refresh_tokens' })
export class RefreshToken extends Model {
  /** The SHA-256 of the token. */
  @Column({ type: DataType.BLOB, primaryKey: true })
  declare hash: Buffer;

  @Column(DataType.UUID)
  declare sessionId: string;

  @Column(DataType.DATE)
  declare createdAt: Date;

  @Column(DataType.DATE)
  declare expiresAt: Date;

  @Column(DataType.DATE)
  declare usedAt: Date | null;
}
