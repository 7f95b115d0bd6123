import type { Sequelize } from 'sequelize';
import type { ApplyOptions } from './apply.js';
import { applyMessage } from './apply-event.js';
import { recordInInbox } from './inbox.js';
import { queryRows } from '../query-rows.js';

/** A message that was given up. */
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

/** Up to `limit` messages that were given up, the oldest first. */
export function listDeadLetters(database: Sequelize, limit: number): Promise<DeadLetter[]> {
  return queryRows<DeadLetter>(
    database,
    `SELECT ${columns} FROM dead_letters WHERE dead_at IS NOT NULL ORDER BY dead_at, message_id LIMIT $1`,
    [limit],
  );
}

type WholeLetter = DeadLetter & { body: string };

/** A message that was given up, with what it said; undefined when there is none. */
export async function findDeadLetter(
  database: Sequelize,
  messageId: string,
): Promise<WholeLetter | undefined> {
  const rows = await queryRows<WholeLetter>(
    database,
    `SELECT ${columns}, body FROM dead_letters WHERE message_id = $1 AND dead_at IS NOT NULL`,
    [messageId],
  );
  return rows[0];
}

/** All messages that are given up, one after the other; one that stays comes once. */
export async function* everyDeadLetter(database: Sequelize): AsyncIterable<WholeLetter> {
  for (let after = ''; ;) {
    const [letter] = await queryRows<WholeLetter>(
      database,
      `SELECT ${columns}, body FROM dead_letters WHERE message_id > $1 AND dead_at IS NOT NULL ORDER BY message_id LIMIT 1`,
      [after],
    );
    if (!letter) return;
    yield letter;
    after = letter.message_id;
  }
}

/**
 * Applies a message that was given up; it is one no more in the transaction that does. When it fails again it stays, with its new
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
    await options.database.query(
      'UPDATE dead_letters SET attempts = attempts + 1, last_error = $2, failed_at = now() WHERE message_id = $1',
      { bind: [letter.message_id, String(error)] },
    );
    return String(error);
  }
}

/** Deletes a message that was given up, and records it as applied, so that nothing that delivers it again has an effect. */
export async function discardDeadLetter(database: Sequelize, messageId: string): Promise<void> {
  await database.transaction(async (transaction) => {
    await database.query('DELETE FROM dead_letters WHERE message_id = $1', {
      bind: [messageId],
      transaction,
    });
    if (isUuid.test(messageId)) await recordInInbox(database, [messageId], transaction);
  });
}

// What carried no id of its own is named by its place in the stream.
const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
