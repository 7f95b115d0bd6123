import { createHash, randomBytes } from 'node:crypto';
import type { Subject } from '../sessions/access-tokens.js';
import { Op, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';
import { RefreshToken } from './refresh-token.js';
import { User } from './user.js';

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

  /** Grows with each session of the user, from 1; 0 for those of older releases. */
  @Column({ type: DataType.BIGINT, get: numberOf })
  declare number: number;

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

  /**
   * Opens a session for whoever gave the password of `passwordHash`, and holds the account until the transaction ends; undefined when it
   * has another password by now, or is gone. The refresh token is returned this once.
   */
  static async open(
    { id: userId, passwordHash }: Pick<User, 'id' | 'passwordHash'>,
    { ip, userAgent }: Origin,
    transaction: Transaction,
  ): Promise<{ session: Session; user: User; refreshToken: string } | undefined> {
    const number = await User.takeSessionNumber(userId, passwordHash, transaction);
    const user = number === undefined ? null : await User.findByPk(userId, { transaction });
    if (!user) return undefined;
    const expiresAt = new Date(Date.now() + sessionMilliseconds);
    const session = await Session.create({ userId, number, ip, userAgent, expiresAt }, { transaction });
    return { session, user, refreshToken: await session.issueRefreshToken(transaction) };
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

  /** Finds a refresh token, its session and account, and holds token and session until the transaction ends: of two that use a token one goes first. */
  static async holdByRefreshToken(
    refreshToken: string,
    transaction: Transaction,
  ): Promise<{ session: Session; user: User; token: RefreshToken } | undefined> {
    const found = await RefreshToken.findByPk(hashOf(refreshToken), { transaction });
    const session =
      found && (await Session.findByPk(found.sessionId, { lock: transaction.LOCK.UPDATE, transaction }));
    // Read again: what held the session meanwhile may have used the token.
    const token = session && (await RefreshToken.findByPk(found.hash, { transaction }));
    const user = session && (await User.findByPk(session.userId, { transaction }));
    return session && token && user ? { session, user, token } : undefined;
  }

  /** Whom the access tokens of this session speak for. */
  toSubject({ id: userId, accountKey, role, emailVerifiedAt }: User): Subject {
    const emailVerified = emailVerifiedAt !== null;
    return { userId, accountKey, role, emailVerified, sessionId: this.id, sessionNumber: this.number };
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

/** Postgres gives 64-bit integers as text. */
function numberOf(this: Session): number {
  return Number(this.getDataValue('number'));
}

const hashOf = (refreshToken: string): Buffer => createHash('sha256').update(refreshToken).digest();
