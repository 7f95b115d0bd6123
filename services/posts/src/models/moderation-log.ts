import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';

/** An act of a moderator, an admin or an operator. */
export interface Act {
  /** Null for an operator's command. */
  actorId: number | null;
  action: string;
  postId?: number;
  userId?: number;
  reason?: string | null;
}

/** What moderators see of it. */
export interface ActView {
  id: number;
  actor_id: number | null;
  action: string;
  post_id: number | null;
  user_id: number | null;
  reason: string | null;
  created_at: string;
}

/** An act that was done elsewhere and came by event. */
interface CarriedAct extends Act {
  key: string;
  at: string;
}

const append = defineStatement(
  'moderation-log-append',
  `INSERT INTO moderation_log (actor_id, action, post_id, user_id, reason, act_key, created_at)
   VALUES ($1, $2, $3, $4, $5, coalesce($6::uuid, gen_random_uuid()), coalesce($7::timestamptz, now()))
   ON CONFLICT (act_key) DO NOTHING`,
);
const list = defineStatement(
  'moderation-log-list',
  `SELECT id, actor_id, action, post_id, user_id, reason, created_at
   FROM moderation_log WHERE id <= $1 ORDER BY id DESC LIMIT $2`,
);

/** Adds an act to the log, in its transaction. No database role can change or delete entries. */
export const logAct = (act: Act, transaction: Transaction): Promise<void> => add(act, {}, transaction);

/** Adds an act of another service to the log, once, however often its event arrives. */
export const logCarriedAct = ({ key, at, ...act }: CarriedAct, transaction: Transaction): Promise<void> =>
  add(act, { key, at }, transaction);

async function add(
  { actorId, action, postId, userId, reason }: Act,
  { key, at }: { key?: string; at?: string },
  transaction: Transaction,
): Promise<void> {
  const values = [actorId, action, postId, userId, reason, key, at].map((value) => value ?? null);
  await sql(append, values, transaction);
}

/** The acts up to an id, newest first. */
export const listActsUpTo = (upTo: number, limit: number): Promise<ActView[]> =>
  sql<ActView>(list, [upTo, limit]);
