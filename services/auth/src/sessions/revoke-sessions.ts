import { audit } from '@agora/process/requests';
import { sessionRevoked, sessionsRevoked } from '@agora/contracts';
import { defineStatement, inTransaction, sql } from '@agora/database';
import {
  acceptsLegacyTokens,
  legacySessionOf,
  type IdentitySettings,
  type Revocations,
} from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import { Session } from '../models/session.js';
import { User } from '../models/user.js';

/**
 * Ends one session of a user (`only`), or all of them except one (`except`), at a cost that does not depend on how many there are. Resolves
 * once this process knows it and every other one will; to false when the account, or the named session, no longer exists.
 */
export type RevokeSessions = (
  userId: number,
  which: { only?: string; except?: string },
  transaction?: Transaction,
) => Promise<boolean>;

/** Returns a function that ends sessions and revokes their access tokens: in this process after the commit, in others by event. */
export function sessionRevoker(
  revocations: Pick<Revocations, 'revokeSession' | 'revokeSessions'>,
  settings: Pick<IdentitySettings, 'LEGACY_SECRET_KEY' | 'LEGACY_TOKENS_UNTIL'>,
): RevokeSessions {
  const endOne = async (userId: number, sessionId: string, transaction: Transaction) => {
    const isLegacy = acceptsLegacyTokens(settings) && sessionId === legacySessionOf(userId);
    const user = isLegacy ? null : await User.findByPk(userId, { transaction });
    if (!isLegacy && !(user && (await Session.end(user, sessionId, transaction)))) return false;
    await addToOutbox(sessionRevoked, { user_id: userId, session_id: sessionId }, transaction);
    transaction.afterCommit(() => {
      revocations.revokeSession(sessionId);
      audit('session_ended', { user_id: userId, session_id: sessionId });
    });
    return true;
  };
  const endAll = async (userId: number, except: string | undefined, transaction: Transaction) => {
    // Tokens of the replaced application name no session that could be spared, and end together.
    const spared = except === legacySessionOf(userId) ? undefined : except;
    const upTo = await endUpToNow(userId, spared, transaction);
    if (upTo === undefined) return false;
    const fact = { user_id: userId, up_to: upTo, ...(spared && { except_session_id: spared }) };
    await addToOutbox(sessionsRevoked, fact, transaction);
    transaction.afterCommit(() => {
      revocations.revokeSessions(userId, { upTo, ...(spared && { exceptSessionId: spared }) });
      audit('sessions_ended', { user_id: userId });
    });
    return true;
  };
  const revoke: RevokeSessions = (userId, { only, except }, transaction) => {
    if (!transaction)
      return inTransaction((own) =>
        revoke(userId, { ...(only && { only }), ...(except && { except }) }, own),
      );
    return only ? endOne(userId, only, transaction) : endAll(userId, except, transaction);
  };
  return revoke;
}

/** Marks all sessions of the user as ended, and returns the highest number among them; the spared one gets a number past it. The rows are erased later. */
async function endUpToNow(
  userId: number,
  spared: string | undefined,
  transaction: Transaction,
): Promise<number | undefined> {
  const user = await User.findByPk(userId, { lock: transaction.LOCK.UPDATE, transaction });
  if (!user) return undefined;
  const { lastSessionNumber: upTo } = user;
  if (spared && !(await Session.renumber(spared, user, upTo + 1, transaction))) return undefined;
  await user.update(
    { sessionsEndedUpTo: upTo, lastSessionNumber: spared ? upTo + 1 : upTo },
    { transaction },
  );
  await sql(eraseLater, [userId, upTo], transaction);
  return upTo;
}

const eraseLater = defineStatement(
  'erase-sessions-later',
  `INSERT INTO session_erasures (user_id, up_to) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET up_to = greatest(session_erasures.up_to, excluded.up_to)`,
);
