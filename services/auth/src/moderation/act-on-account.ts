import { notFound } from '@agora/http';
import { userDeleted } from '@agora/contracts';
import { isAtLeast, notAllowed, type Caller, type Revocations, type Role } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import type { MailQueue } from '../mail/queue.js';
import { endOfBan, isWithoutEnd } from '../models/ban.js';
import { User } from '../models/user.js';
import type { RevokeSessions } from '../sessions/revoke-sessions.js';
import { logAct } from './log-act.js';

/** The one who acts: a caller, or an operator by command, who may act on any account. */
export type Actor = Pick<Caller, 'userId' | 'role'> | 'operator';

/** What acts on accounts need. */
export interface ActDependencies {
  revokeSessions: RevokeSessions;
  mails: MailQueue;
}

const idOf = (actor: Actor): number | null => (actor === 'operator' ? null : actor.userId);

/** The account to act on. Throws 404 when there is none, 403 when it is the actor's own or its role is not lower. */
export async function findTarget(id: number, actor: Actor): Promise<User> {
  return allowed(await User.findByPk(id), id, actor);
}

/** The same account, locked until the transaction ends. */
async function holdTarget(id: number, actor: Actor, transaction: Transaction): Promise<User> {
  return allowed(await User.findByPk(id, { lock: transaction.LOCK.UPDATE, transaction }), id, actor);
}

function allowed(user: User | null, id: number, actor: Actor): User {
  if (!user) throw userNotFound(id);
  if (actor !== 'operator' && (actor.userId === id || isAtLeast(user.role, actor.role))) throw notAllowed();
  return user;
}

/** 404 for an account. */
export const userNotFound = (id: number) => notFound('user_not_found', `User ${id} does not exist.`);

/** Bans a user until a time, or permanently, and ends their sessions; replaces an existing ban. */
export async function banUser(
  id: number,
  { reason, until = endOfBan }: { reason: string; until?: Date | undefined },
  actor: Actor,
  { revokeSessions, mails }: ActDependencies,
  transaction: Transaction,
): Promise<void> {
  const user = await holdTarget(id, actor, transaction);
  await user.update({ bannedUntil: until }, { transaction });
  await revokeSessions(id, {}, transaction);
  await logAct({ actorId: idOf(actor), action: 'user-banned', userId: id, reason }, transaction);
  const details = { reason, until: isWithoutEnd(until) ? 'for good' : `until ${until.toISOString()}` };
  await mails.add({ kind: 'account-banned', userId: id, email: user.email, details }, transaction);
}

/** Lifts a ban. Throws 404 when there is none. */
export async function unbanUser(id: number, actor: Actor, transaction: Transaction): Promise<void> {
  const user = await holdTarget(id, actor, transaction);
  if (!user.isBanned()) throw banNotFound(id);
  await user.update({ bannedUntil: null }, { transaction });
  await logAct({ actorId: idOf(actor), action: 'user-unbanned', userId: id }, transaction);
}

/** 404 for a ban. */
export const banNotFound = (id: number) => notFound('ban_not_found', `User ${id} is not banned.`);

/** Changes a user's role, and ends their sessions, whose tokens name the old one. Nothing happens when it is the same. */
export async function changeRole(
  id: number,
  role: Role,
  actor: Actor,
  { revokeSessions }: Pick<ActDependencies, 'revokeSessions'>,
  transaction: Transaction,
): Promise<void> {
  const user = await holdTarget(id, actor, transaction);
  if (user.role === role) return;
  await user.update({ role }, { transaction });
  await revokeSessions(id, {}, transaction);
  await logAct({ actorId: idOf(actor), action: 'role-changed', userId: id, reason: role }, transaction);
}

/** Ends all sessions of a user. */
export async function endSessionsOf(
  id: number,
  actor: Actor,
  { revokeSessions }: Pick<ActDependencies, 'revokeSessions'>,
  transaction: Transaction,
): Promise<void> {
  await holdTarget(id, actor, transaction);
  await revokeSessions(id, {}, transaction);
  await logAct({ actorId: idOf(actor), action: 'sessions-ended', userId: id }, transaction);
}

/** Has the mail sent that lets the owner set a new password. */
export async function sendPasswordReset(
  id: number,
  actor: Actor,
  { mails }: Pick<ActDependencies, 'mails'>,
  transaction: Transaction,
): Promise<void> {
  const { email } = await holdTarget(id, actor, transaction);
  await mails.add({ kind: 'reset-password', email }, transaction);
  await logAct({ actorId: idOf(actor), action: 'password-reset-sent', userId: id }, transaction);
}

/** Deletes an account as if its owner had done it. */
export async function deleteAccount(
  id: number,
  actor: Actor,
  revocations: Pick<Revocations, 'revokeUser'>,
  transaction: Transaction,
): Promise<void> {
  await eraseAccount(await holdTarget(id, actor, transaction), revocations, transaction);
  await logAct({ actorId: idOf(actor), action: 'user-deleted', userId: id }, transaction);
}

/** Deletes an account that the transaction holds: its sessions go at once, its posts and votes as soon as their services get the event. */
export async function eraseAccount(
  user: User,
  revocations: Pick<Revocations, 'revokeUser'>,
  transaction: Transaction,
): Promise<void> {
  await user.destroy({ transaction });
  await addToOutbox(userDeleted, { user_id: user.id, account_key: user.accountKey }, transaction);
  transaction.afterCommit(() => revocations.revokeUser(user.id));
}
