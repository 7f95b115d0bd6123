import { createHash } from 'node:crypto';
import { defineStatement, sql } from '@agora/database';
import type { Role } from '@agora/identity';
import type { Subject } from '../sessions/access-tokens.js';
import { Op, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';
import { RefreshToken } from './refresh-token.js';
import { User } from './user.js';

const day = 86_400_000;
/** The longest life of a session, however much it is used. */
const sessionMilliseconds = 30 * day;
/** How long an unused refresh token lives. */
const refreshMilliseconds = 14 * day;

/** So many sessions an account has at most. */
export const mostSessions = 50;

/** How many of the newest sessions are examined: users with more, from before there was a limit, lose them step by step. */
const mostLookedAt = 1_000;

// With a subquery that only returns ids, PostgreSQL would read the whole table or look up each id again.
const newest = defineStatement(
  'newest-sessions',
  `SELECT id, created_at, last_used_at, expires_at, ip, user_agent FROM (
     SELECT * FROM sessions WHERE user_id = $1 AND number > $2 AND expires_at > now() ORDER BY number DESC LIMIT ${mostLookedAt}
   ) AS begun_last
   ORDER BY last_used_at DESC, id LIMIT $3 OFFSET $4`,
);

// The session is locked before its token, as everywhere: of two concurrent uses of a token the second finds it used.
const rotate = defineStatement(
  'rotate-refresh-token',
  `WITH held AS MATERIALIZED (
     SELECT sessions.id, sessions.number, sessions.expires_at, user_id FROM sessions
     WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1) AND expires_at > now() FOR UPDATE
   ), owner AS MATERIALIZED (
     SELECT held.id AS session_id, number, held.expires_at, users.id, account_key, role, email_verified_at IS NOT NULL AS email_verified
     FROM held JOIN users ON users.id = held.user_id WHERE number > sessions_ended_up_to
   ), used AS (
     UPDATE refresh_tokens SET used_at = now() FROM owner
     WHERE hash = $1 AND refresh_tokens.session_id = owner.session_id AND used_at IS NULL AND refresh_tokens.expires_at > now()
     RETURNING refresh_tokens.session_id
   ), touched AS (
     UPDATE sessions SET last_used_at = now() FROM used WHERE id = used.session_id
   ), added AS (
     INSERT INTO refresh_tokens (hash, session_id, expires_at)
     SELECT $2, owner.session_id, least(owner.expires_at, now() + $3 * interval '1 millisecond') FROM owner JOIN used USING (session_id)
   )
   SELECT owner.session_id, number::float8, id, account_key, role, email_verified FROM owner JOIN used USING (session_id)`,
  { prepared: true },
);

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

interface RotatedRow {
  session_id: string;
  number: number;
  id: number;
  account_key: string;
  role: Role;
  email_verified: boolean;
}

type ReadSession = Omit<SessionView, 'current'>;

@Table({ tableName: 'sessions' })
export class Session extends Model {
  @Column({ type: DataType.UUID, primaryKey: true, defaultValue: DataType.UUIDV4 })
  declare id: string;

  @Column(DataType.INTEGER)
  declare userId: number;

  /** Counts the user's sessions, from 1; 0 for sessions of older releases. */
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

  /** Opens a session with the number that was taken for it. */
  static open(
    { id: userId, lastSessionNumber: number }: User,
    { ip, userAgent }: Origin,
    transaction: Transaction,
  ): Promise<Session> {
    const expiresAt = new Date(Date.now() + sessionMilliseconds);
    return Session.create({ userId, number, ip, userAgent, expiresAt }, { transaction });
  }

  /** The user's sessions that have not ended, the last used first; 50 at most. */
  static async listOf(user: User, currentSessionId: string): Promise<SessionView[]> {
    const sessions = await sql<ReadSession>(newest, [user.id, user.sessionsEndedUpTo, mostSessions, 0]);
    return sessions.map((session) => Object.assign(session, { current: session.id === currentSessionId }));
  }

  /** Ends one session of a user; resolves with whether there was one. */
  static async end(user: User, id: string, transaction: Transaction): Promise<boolean> {
    return (await Session.destroy({ where: { ...goingOn(user), id }, transaction })) > 0;
  }

  /** Ends sessions past the `kept` ones that were used last, `limit` of them at most, and returns them; where that leaves more, the next call ends those. */
  static async endSurplus(
    user: User,
    kept: number,
    limit: number,
    transaction: Transaction,
  ): Promise<Session[]> {
    const surplus = await sql<ReadSession>(
      newest,
      [user.id, user.sessionsEndedUpTo, limit, kept],
      transaction,
    );
    if (surplus.length === 0) return [];
    // What others end meanwhile is left to them: they may wait for what this transaction holds.
    const held = await Session.findAll({
      where: { id: surplus.map(({ id }) => id) },
      lock: transaction.LOCK.UPDATE,
      skipLocked: true,
      transaction,
    });
    await Session.destroy({ where: { id: held.map(({ id }) => id) }, transaction });
    return held;
  }

  /** Gives a session another number, unless it has ended; resolves with whether it has not. */
  static async renumber(id: string, user: User, number: number, transaction: Transaction): Promise<boolean> {
    const [renumbered] = await Session.update({ number }, { where: { ...goingOn(user), id }, transaction });
    return renumbered > 0;
  }

  /** Adds the session's next refresh token, which is kept only as its SHA-256. */
  async addRefreshToken(refreshToken: string, transaction: Transaction): Promise<void> {
    const expiresAt = new Date(Math.min(Date.now() + refreshMilliseconds, this.expiresAt.getTime()));
    await RefreshToken.create({ hash: hashOf(refreshToken), sessionId: this.id, expiresAt }, { transaction });
  }

  /** Whether this is a refresh token of the session that was not used yet and has not expired. */
  async hasUnused(refreshToken: string, now: Date, transaction: Transaction): Promise<boolean> {
    const where = {
      hash: hashOf(refreshToken),
      sessionId: this.id,
      usedAt: null,
      expiresAt: { [Op.gt]: now },
    };
    return (await RefreshToken.count({ where, transaction })) > 0;
  }

  /**
   * Uses a good refresh token and adds its successor, in one statement; undefined for any other token: `holdByRefreshToken` says what is wrong with it.
   * Whom the access tokens of the session speak for.
   */
  static async rotate(refreshToken: string, successor: string): Promise<Subject | undefined> {
    const [row] = await sql<RotatedRow>(rotate, [
      hashOf(refreshToken),
      hashOf(successor),
      refreshMilliseconds,
    ]);
    if (!row) return undefined;
    return {
      userId: row.id,
      accountKey: row.account_key,
      role: row.role,
      emailVerified: row.email_verified,
      sessionId: row.session_id,
      sessionNumber: row.number,
    };
  }

  /** Finds a refresh token, its session and account, and holds token and session until the transaction ends: of two that use a token one goes first. */
  static async holdByRefreshToken(
    refreshToken: string,
    transaction: Transaction,
  ): Promise<{ session: Session; user: User; token: RefreshToken } | undefined> {
    const found = await RefreshToken.findByPk(hashOf(refreshToken), { transaction });
    const session =
      found && (await Session.findByPk(found.sessionId, { lock: transaction.LOCK.UPDATE, transaction }));
    // Read again: the transaction that held the lock may have used the token.
    const token = session && (await RefreshToken.findByPk(found.hash, { transaction }));
    const user = session && (await User.findByPk(session.userId, { transaction }));
    if (!session || !token || !user || session.number <= user.sessionsEndedUpTo) return undefined;
    return { session, user, token };
  }

  /** Whom the access tokens of this session speak for. */
  toSubject({ id: userId, accountKey, role, emailVerifiedAt }: User): Subject {
    const emailVerified = emailVerifiedAt !== null;
    return { userId, accountKey, role, emailVerified, sessionId: this.id, sessionNumber: this.number };
  }
}

const goingOn = ({ id: userId, sessionsEndedUpTo }: User) => ({
  userId,
  number: { [Op.gt]: sessionsEndedUpTo },
  expiresAt: { [Op.gt]: new Date() },
});

/** Postgres gives 64-bit integers as text. */
function numberOf(this: Session): number {
  return Number(this.getDataValue('number'));
}

const hashOf = (refreshToken: string): Buffer => createHash('sha256').update(refreshToken).digest();
