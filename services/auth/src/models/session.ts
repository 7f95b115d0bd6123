import { createHash, randomBytes } from 'node:crypto';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';
import { RefreshToken } from './refresh-token.js';

const day = 86_400_000;
/** A session ends after so long, however much it is used. */
const sessionMilliseconds = 30 * day;
/** A refresh token ends after so long without use. */
const refreshMilliseconds = 14 * day;

/** Where a login came from. */
export interface Origin {
  ip: string;
  userAgent: string;
}

@Table({ tableName: 'sessions' })
export class Session extends Model {
  @Column({ type: DataType.UUID, primaryKey: true, defaultValue: DataType.UUIDV4 })
  declare id: string;

  @Column(DataType.INTEGER)
  declare userId: number;

  @Column(DataType.DATE)
  declare createdAt: Date;

  @Column(DataType.DATE)
  declare lastUsedAt: Date;

  @Column(DataType.DATE)
  declare expiresAt: Date;

  @Column(DataType.TEXT)
  declare ip: string;

  @Column(DataType.TEXT)
  declare userAgent: string;

  /** Opens a session; the refresh token (256 random bits) is returned this once and kept only as its SHA-256. */
  static async open(
    userId: number,
    { ip, userAgent }: Origin,
    transaction: Transaction,
  ): Promise<{ session: Session; refreshToken: string }> {
    const expiresAt = new Date(Date.now() + sessionMilliseconds);
    const session = await Session.create({ userId, ip, userAgent, expiresAt }, { transaction });
    const refreshToken = randomBytes(32).toString('base64url');
    await RefreshToken.create(
      {
        hash: createHash('sha256').update(refreshToken).digest(),
        sessionId: session.id,
        expiresAt: new Date(Date.now() + refreshMilliseconds),
      },
      { transaction },
    );
    return { session, refreshToken };
  }
}
