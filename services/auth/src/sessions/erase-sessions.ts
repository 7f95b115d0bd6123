import { every, type Logger, type Stoppable } from '@agora/process';
import { defineStatement, inTransaction, sql } from '@agora/database';
import type { Revocations } from '@agora/identity';
import type { Transaction } from 'sequelize';
import { mostSessions, Session } from '../models/session.js';
import { User } from '../models/user.js';
import { tellEnded } from './open-session.js';

const pauseMilliseconds = 1_000;
/** An access token lives for minutes, so a session may have a thousand refresh tokens, which go with it. */
const batchSize = 250;

/** The rows of ended sessions: of one account, up to a number, and with `trims` also its surplus sessions. */
interface Erasure {
  userId: number;
  upTo: string;
  trims: boolean;
}

/** Erases ended sessions, a bounded number at a time; any number of replicas may. */
export const eraseEndedSessions = (
  revocations: Pick<Revocations, 'revokeSession'>,
  logger: Logger,
): Stoppable =>
  every(
    'erasing ended sessions',
    pauseMilliseconds,
    () => inTransaction((transaction) => eraseSome(revocations, transaction)),
    { logger },
  );

async function eraseSome(
  revocations: Pick<Revocations, 'revokeSession'>,
  transaction: Transaction,
): Promise<void | 'more'> {
  const [erasure] = await sql<Erasure>(nextErasure, [], transaction);
  if (!erasure) return undefined;
  const { userId, upTo, trims } = erasure;
  const erased = await sql(eraseBatch, [userId, upTo], transaction);
  const trimmed = trims && erased.length < batchSize ? await trim(userId, revocations, transaction) : 0;
  // The others first, then this one again: a large erasure must not keep small ones waiting.
  await sql(erased.length + trimmed > 0 ? takeNextTurn : finish, [userId], transaction);
  return 'more';
}

async function trim(
  userId: number,
  revocations: Pick<Revocations, 'revokeSession'>,
  transaction: Transaction,
): Promise<number> {
  // Without a lock: a transaction that ends all sessions locks the account and then waits for the erasure.
  const user = await User.findByPk(userId, { transaction });
  const ended = user ? await Session.endSurplus(user, mostSessions, batchSize, transaction) : [];
  await tellEnded(ended, revocations, transaction);
  return ended.length;
}

const nextErasure = defineStatement(
  'next-session-erasure',
  `SELECT user_id AS "userId", up_to AS "upTo", trims FROM session_erasures
         ORDER BY last_turn_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
);
const eraseBatch = defineStatement(
  'erase-sessions',
  `DELETE FROM sessions WHERE id = ANY(ARRAY(
           SELECT id FROM sessions WHERE user_id = $1 AND number <= $2
           LIMIT ${batchSize} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
);
const takeNextTurn = defineStatement(
  'postpone-session-erasure',
  'UPDATE session_erasures SET last_turn_at = clock_timestamp() WHERE user_id = $1',
);
const finish = defineStatement('finish-session-erasure', 'DELETE FROM session_erasures WHERE user_id = $1');
