import { randomUUID } from 'node:crypto';
import { audit } from '@agora/process/requests';
import { accountModerated } from '@agora/contracts';
import { defineStatement, sql } from '@agora/database';
import { addToOutbox } from '@agora/messaging';
import type { Transaction } from 'sequelize';

/** An act of a moderator, an admin or an operator on an account. */
export interface Act {
  /** Null for an operator's command. */
  actorId: number | null;
  action:
    | 'user-banned'
    | 'user-unbanned'
    | 'role-changed'
    | 'user-deleted'
    | 'sessions-ended'
    | 'password-reset-sent';
  userId: number;
  /** With `role-changed`, the new role. */
  reason?: string;
}

const append = defineStatement(
  'moderation-act-append',
  `INSERT INTO moderation_acts (act_key, actor_id, action, user_id, reason, acted_at) VALUES ($1, $2, $3, $4, $5, $6)`,
);

/** Writes an act down in the transaction that does it, and has it carried to the log that moderators read. No role of the database can change it. */
export async function logAct(
  { actorId, action, userId, reason }: Act,
  transaction: Transaction,
): Promise<void> {
  const act = {
    act_key: randomUUID(),
    actor_id: actorId,
    action,
    user_id: userId,
    reason: reason ?? null,
    acted_at: new Date().toISOString(),
  };
  const { act_key: key, acted_at: at } = act;
  await sql(append, [key, actorId, action, userId, act.reason, at], transaction);
  await addToOutbox(accountModerated, act, transaction);
  transaction.afterCommit(() => audit('account_moderated', { user_id: userId, action }));
}
