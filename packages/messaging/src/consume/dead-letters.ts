import type { Sequelize } from 'sequelize';
import { defineStatement, queryRows } from '../statements.js';
import { applyMessage, type ApplyOptions } from './apply.js';
import { forgetFailures, recordInInbox } from './inbox.js';

/** A message as it came. */
export interface Letter {
  messageId: string;
  subject: string;
  body: string;
}

/** How often a message may fail before it becomes a dead letter. */
const maxAttempts = 5;

const fail = defineStatement(
  'dead-letters-fail',
  `INSERT INTO dead_letters AS letter (message_id, subject, body, last_error, dead_at)
   VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END)
   ON CONFLICT (message_id) DO UPDATE SET
     attempts = letter.attempts + 1, last_error = EXCLUDED.last_error, failed_at = now(),
     dead_at = coalesce(letter.dead_at, CASE WHEN $5 OR letter.attempts + 1 >= ${maxAttempts} THEN now() END)
   RETURNING attempts, dead_at IS NOT NULL AS dead`,
);

/**
 * Counts a failure of a message, in the database because the server's own count does not survive a crash; after the fifth, or at once
 * when a retry is `hopeless`, the message is a dead letter (`dead`).
 */
export async function recordFailure(
  database: Sequelize,
  { messageId, subject, body }: Letter,
  error: unknown,
  hopeless: boolean,
): Promise<{ attempts: number; dead: boolean }> {
  const rows = await queryRows<{ attempts: number; dead: boolean }>(database, fail, [
    messageId,
    subject,
    body.replaceAll('\0', '\uFFFD'),
    String(error),
    hopeless,
  ]);
  return rows[0] ?? { attempts: 1, dead: hopeless };
}

const dead = defineStatement(
  'dead-letters-among',
  'SELECT message_id FROM dead_letters WHERE message_id = ANY($1::text[]) AND dead_at IS NOT NULL',
);

/** Which of these messages are dead letters. */
export async function findDead(database: Sequelize, messageIds: readonly string[]): Promise<Set<string>> {
  if (messageIds.length === 0) return new Set();
  const rows = await queryRows<{ message_id: string }>(database, dead, [messageIds]);
  return new Set(rows.map(({ message_id: id }) => id));
}

/** A message that could not be applied and is kept. */
export interface DeadLetter {
  message_id: string;
  subject: string;
  /** How often it was tried. */
  attempts: number;
  last_error: string;
  failed_at: Date;
  dead_at: Date;
}

const columns = 'message_id, subject, attempts, last_error, failed_at, dead_at';

const oldest = defineStatement(
  'dead-letters-list',
  `SELECT ${columns} FROM dead_letters WHERE dead_at IS NOT NULL ORDER BY dead_at, message_id LIMIT $1`,
);

/** Up to `limit` dead letters, the oldest first. */
export function listDeadLetters(database: Sequelize, limit: number): Promise<DeadLetter[]> {
  return queryRows<DeadLetter>(database, oldest, [limit]);
}

type WholeLetter = DeadLetter & { body: string };

const one = defineStatement(
  'dead-letters-one',
  `SELECT ${columns}, body FROM dead_letters WHERE message_id = $1 AND dead_at IS NOT NULL`,
);

/** A dead letter with its body; undefined when there is none. */
export async function findDeadLetter(
  database: Sequelize,
  messageId: string,
): Promise<WholeLetter | undefined> {
  const rows = await queryRows<WholeLetter>(database, one, [messageId]);
  return rows[0];
}

const next = defineStatement(
  'dead-letters-next',
  `SELECT ${columns}, body FROM dead_letters WHERE message_id > $1 AND dead_at IS NOT NULL ORDER BY message_id LIMIT 1`,
);

/** All dead letters, one after the other; one that stays comes once. */
export async function* everyDeadLetter(database: Sequelize): AsyncIterable<WholeLetter> {
  for (let after = ''; ;) {
    const [letter] = await queryRows<WholeLetter>(database, next, [after]);
    if (!letter) return;
    yield letter;
    after = letter.message_id;
  }
}

const failAgain = defineStatement(
  'dead-letters-fail-again',
  'UPDATE dead_letters SET attempts = attempts + 1, last_error = $2, failed_at = now() WHERE message_id = $1',
);

/**
 * Applies a dead letter, and deletes it in the same transaction. When it fails again it stays, with its new
 * error, which is returned. Errors that `isTransient` says are the database's are thrown.
 */
export async function retryDeadLetter(
  letter: DeadLetter & { body: string },
  options: ApplyOptions & { isTransient(error: unknown): boolean },
): Promise<string | undefined> {
  try {
    await applyMessage(letter, options, letter.message_id);
    return undefined;
  } catch (error) {
    if (options.isTransient(error)) throw error;
    await queryRows(options.database, failAgain, [letter.message_id, String(error)]);
    return String(error);
  }
}

/** Deletes a dead letter, and records it as applied, so that nothing that delivers it again has an effect. */
export async function discardDeadLetter(database: Sequelize, messageId: string): Promise<void> {
  await database.transaction(async (transaction) => {
    await forgetFailures(database, [messageId], transaction);
    if (isUuid.test(messageId)) await recordInInbox(database, [messageId], transaction);
  });
}

// What carried no id of its own is named by its place in the stream.
const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
