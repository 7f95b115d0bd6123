import { createHash, randomBytes } from 'node:crypto';
import { Op, type Transaction } from 'sequelize';
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

/** What a user sees of one of their sessions. */
export interface SessionView {
  id: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  ip: string;
  user_agent: string;
  /** Whether it is the one that asks. */
  current: boolean;
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

  /** Opens a session; the refresh token is returned this once. */
  static async open(
    userId: number,
    { ip, userAgent }: Origin,
    transaction: Transaction,
  ): Promise<{ session: Session; refreshToken: string }> {
    const expiresAt = new Date(Date.now() + sessionMilliseconds);
    const session = await Session.create({ userId, ip, userAgent, expiresAt }, { transaction });
    return { session, refreshToken: await session.issueRefreshToken(transaction) };
  }

  /** The user's sessions that have not ended, the last used first. */
  static listOf(userId: number): Promise<Session[]> {
    return Session.findAll({
      where: { userId, expiresAt: { [Op.gt]: new Date() } },
      order: [
        ['lastUsedAt', 'DESC'],
        ['id', 'ASC'],
      ],
    });
  }

  /** Ends sessions of a user, all that `which` leaves; their refresh tokens go with them. Returns the ids of those that ended. */
  static async end(
    userId: number,
    which: { only?: string; except?: string },
    transaction: Transaction,
  ): Promise<string[]> {
    const id = { ...(which.only && { [Op.eq]: which.only }), ...(which.except && { [Op.ne]: which.except }) };
    const filtered = which.only !== undefined || which.except !== undefined;
    const sessions = await Session.findAll({
      where: { userId, ...(filtered && { id }) },
      order: ['id'],
      lock: transaction.LOCK.UPDATE,
      transaction,
    });
    const ids = sessions.map((session) => session.id);
    await Session.destroy({ where: { id: ids }, transaction });
    return ids;
  }

  /** Makes the session's next refresh token, of 256 random bits; it is kept only as its SHA-256. */
  async issueRefreshToken(transaction: Transaction): Promise<string> {
    const refreshToken = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Math.min(Date.now() + refreshMilliseconds, this.expiresAt.getTime()));
    await RefreshToken.create({ hash: hashOf(refreshToken), sessionId: this.id, expiresAt }, { transaction });
    return refreshToken;
  }

  /** Finds a refresh token and its session, and holds both until the transaction ends: of two that use a token one goes first. */
  static async holdByRefreshToken(
    refreshToken: string,
    transaction: Transaction,
  ): Promise<{ session: Session; token: RefreshToken } | undefined> {
    const found = await RefreshToken.findByPk(hashOf(refreshToken), { transaction });
    const session =
      found && (await Session.findByPk(found.sessionId, { lock: transaction.LOCK.UPDATE, transaction }));
    // Read again: what held the session meanwhile may have used the token.
    const token = session && (await RefreshToken.findByPk(found.hash, { transaction }));
    return session && token ? { session, token } : undefined;
  }

  toView(currentSessionId: string): SessionView {
    return {
      id: this.id,
      created_at: this.createdAt.toISOString(),
      last_used_at: this.lastUsedAt.toISOString(),
      expires_at: this.expiresAt.toISOString(),
      ip: this.ip,
      user_agent: this.userAgent,
      current: this.id === currentSessionId,
    };
  }
}

const hashOf = (refreshToken: string): Buffer => createHash('sha256').update(refreshToken).digest();
