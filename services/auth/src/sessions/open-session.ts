import { randomBytes } from 'node:crypto';
import { forbidden } from '@agora/http';
import { audit } from '@agora/process/requests';
import { sessionRevoked } from '@agora/contracts';
import { defineStatement, sql } from '@agora/database';
import type { Revocations } from '@agora/identity';
import { addAllToOutbox } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import { mostSessions, Session, type Origin } from '../models/session.js';
import { User, type Proof } from '../models/user.js';

interface Opened {
  session: Session;
  user: User;
  /** Shown only once. */
  refreshToken: string;
}

/**
 * Opens a session after a successful login, and locks the account until the transaction ends. Returns undefined when its password or second factor
 * has changed meanwhile, or it is gone. Throws a 403 while the account is banned. Past 50 sessions the least recently used ones end.
 */
export type OpenSession = (
  proof: Proof,
  origin: Origin,
  transaction: Transaction,
) => Promise<Opened | undefined>;

/** The most surplus sessions that a login ends; those left by older releases are ended in steps. */
const mostEndedAtOnce = 100;

/** Returns a function that opens sessions. */
export const sessionOpener =
  (revocations: Pick<Revocations, 'revokeSession'>): OpenSession =>
  async (proof, origin, transaction) => {
    const user = await User.takeSessionNumber(proof, transaction);
    if (!user) return undefined;
    if (user.isBanned()) throw banned();
    const ended = await Session.endSurplus(user, mostSessions - 1, mostEndedAtOnce, transaction);
    if (ended.length === mostEndedAtOnce) await sql(trimLater, [user.id], transaction);
    await tellEnded(ended, revocations, transaction);
    const session = await Session.open(user, origin, transaction);
    const refreshToken = randomBytes(32).toString('base64url');
    await session.addRefreshToken(refreshToken, transaction);
    return { session, user, refreshToken };
  };

/** 403: the password is right, and the account is banned. */
export const banned = () => forbidden('banned', 'This account is banned.');

/** The longest life of an access token, whatever the settings: a session that was unused for longer has no valid token. */
const longestTokenMilliseconds = 2 * 3_600_000;

/** Revokes the access tokens of sessions that ended because there were too many. */
export async function tellEnded(
  ended: readonly Session[],
  revocations: Pick<Revocations, 'revokeSession'>,
  transaction: Transaction,
): Promise<void> {
  const since = Date.now() - longestTokenMilliseconds;
  const facts = ended
    .filter(({ lastUsedAt }) => lastUsedAt.getTime() > since)
    .map(({ id, userId, number }) => ({ user_id: userId, session_id: id, number }));
  await addAllToOutbox(sessionRevoked, facts, transaction);
  transaction.afterCommit(() => {
    for (const { id, userId } of ended) {
      revocations.revokeSession(id);
      audit('session_ended', { user_id: userId, session_id: id });
    }
  });
}

// Rows that others have locked are skipped: they may be waiting for this transaction.
const trimLater = defineStatement(
  'trim-sessions-later',
  `INSERT INTO session_erasures (user_id, up_to, trims)
         SELECT $1::integer, -1, true WHERE NOT EXISTS (SELECT FROM session_erasures WHERE user_id = $1::integer AND trims)
         ON CONFLICT (user_id) DO UPDATE SET trims = true`,
);
