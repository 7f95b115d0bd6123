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
  /** Returned this once. */
  refreshToken: string;
}

/**
 * Opens a session for whoever gave the right password, and a code where one was needed, and holds the account until the transaction ends;
 * undefined when it has another password or second factor by now, or is gone. Throws a 403 while the account is banned. Past 50 sessions the ones that were used least recently end.
 */
export type OpenSession = (
  proof: Proof,
  origin: Origin,
  transaction: Transaction,
) => Promise<Opened | undefined>;

/** So many surplus sessions end with a login; of those that older releases left, the rest end in steps. */
const mostEndedAtOnce = 100;

/** Makes the function that opens sessions. */
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

/** No access token lives longer, whatever the settings: a session that was not used for so long has none. */
const longestTokenMilliseconds = 2 * 3_600_000;

/** Has the access tokens of sessions refused that were ended because there were too many. */
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

// What is under way already is not waited for: it may wait for this transaction.
const trimLater = defineStatement(
  'trim-sessions-later',
  `INSERT INTO session_erasures (user_id, up_to, trims)
         SELECT $1::integer, -1, true WHERE NOT EXISTS (SELECT FROM session_erasures WHERE user_id = $1::integer AND trims)
         ON CONFLICT (user_id) DO UPDATE SET trims = true`,
);
