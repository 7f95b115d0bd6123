import type { Sequelize, Transaction } from 'sequelize';
import { queryRows } from '../query-rows.js';

/** A message as it came. */
export interface Letter {
  messageId: string;
  subject: string;
  body: string;
}

/** How often a message may fail before it is given up. */
const maxAttempts = 5;

/**
 * Counts a failure of a message, in the database because the server's own count does not survive a crash; gives the message
 * up (`dead`) after the fifth, or at once when trying again is `hopeless`.
 */
export async function recordFailure(
  database: Sequelize,
  { messageId, subject, body }: Letter,
  error: unknown,
  hopeless: boolean,
): Promise<{ attempts: number; dead: boolean }> {
  const rows = await queryRows<{ attempts: number; dead: boolean }>(
    database,
    `INSERT INTO dead_letters AS letter (message_id, subject, body, last_error, dead_at)
     VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END)
     ON CONFLICT (message_id) DO UPDATE SET
       attempts = letter.attempts + 1, last_error = EXCLUDED.last_error, failed_at = now(),
       dead_at = coalesce(letter.dead_at, CASE WHEN $5 OR letter.attempts + 1 >= ${maxAttempts} THEN now() END)
     RETURNING attempts, dead_at IS NOT NULL AS dead`,
    [messageId, subject, body.replaceAll('\0', '\uFFFD'), String(error), hopeless],
  );
  return rows[0] ?? { attempts: 1, dead: hopeless };
}

/** Forgets failures of messages that were applied after all. */
export async function forgetFailures(
  database: Sequelize,
  messageIds: string[],
  transaction: Transaction,
): Promise<void> {
  await database.query('DELETE FROM dead_letters WHERE message_id = ANY($1)', {
    bind: [messageIds],
    transaction,
  });
}

/** Which of these messages were given up. */
export async function findDead(database: Sequelize, messageIds: readonly string[]): Promise<Set<string>> {
  if (messageIds.length === 0) return new Set();
  const rows = await queryRows<{ message_id: string }>(
    database,
    'SELECT message_id FROM dead_letters WHERE message_id = ANY($1) AND dead_at IS NOT NULL',
    [messageIds],
  );
  return new Set(rows.map(({ message_id: id }) => id));
}
