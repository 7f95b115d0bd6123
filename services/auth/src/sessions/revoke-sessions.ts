import { audit } from '@agora/chassis';
import { sessionRevoked } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import {
  acceptsLegacyTokens,
  legacySessionOf,
  type IdentitySettings,
  type Revocations,
} from '@agora/identity';
import { addAllToOutbox } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import { Session } from '../models/session.js';

/** Ends sessions of a user: see `Session.end` for which. Resolves with how many, once every process will hear of it and this one knows. */
export type RevokeSessions = (
  userId: number,
  which: { only?: string; except?: string },
  transaction?: Transaction,
) => Promise<number>;

/** Makes the function that ends sessions and has their access tokens refused: here after the commit, elsewhere by event. While tokens of the replaced application are accepted, a user's are one more session. */
export function sessionRevoker(
  revocations: Pick<Revocations, 'revokeSession'>,
  settings: IdentitySettings,
): RevokeSessions {
  const revoke = async (
    userId: number,
    which: { only?: string; except?: string },
    transaction: Transaction,
  ) => {
    const ended = await Session.end(userId, which, transaction);
    const legacy = legacySessionOf(userId);
    if (acceptsLegacyTokens(settings) && (which.only ?? legacy) === legacy && which.except !== legacy)
      ended.push(legacy);
    await addAllToOutbox(
      sessionRevoked,
      ended.map((id) => ({ user_id: userId, session_id: id })),
      transaction,
    );
    transaction.afterCommit(() => {
      for (const id of ended) {
        revocations.revokeSession(id);
        audit('session_ended', { user_id: userId, session_id: id });
      }
    });
    return ended.length;
  };
  return (userId, which, transaction) =>
    transaction ? revoke(userId, which, transaction) : inTransaction((own) => revoke(userId, which, own));
}
