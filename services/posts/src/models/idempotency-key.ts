import type { Answer } from '@agora/chassis';
import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';

/** A request that is the first under its key, or a retry. */
export interface Claim {
  userId: number;
  key: string;
  /** SHA-256. */
  bodyDigest: Buffer;
}

/** How long an answer is kept. */
const retention = `interval '24 hours'`;

const tryHold = defineStatement(
  'idempotency-key-try-hold',
  'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS held',
);
const first = defineStatement(
  'idempotency-key-first',
  `SELECT body_digest, status, headers, body FROM idempotency_keys
   WHERE user_id = $1 AND key = $2 AND created_at > now() - ${retention}`,
);
const keep = defineStatement(
  'idempotency-key-keep',
  `INSERT INTO idempotency_keys (user_id, key, body_digest, status, headers, body) VALUES ($1, $2, $3, $4, $5, $6)
   ON CONFLICT (user_id, key) DO UPDATE SET body_digest = EXCLUDED.body_digest, status = EXCLUDED.status,
     headers = EXCLUDED.headers, body = EXCLUDED.body, created_at = EXCLUDED.created_at`,
);
const eraseOf = defineStatement(
  'idempotency-key-erase-of',
  `DELETE FROM idempotency_keys WHERE user_id = $1 AND key = ANY(ARRAY(
     SELECT key FROM idempotency_keys WHERE user_id = $1 ORDER BY key LIMIT $2 FOR UPDATE)) RETURNING key`,
);
// What another replica deletes is not waited for.
const deleteExpired = defineStatement(
  'idempotency-key-delete-expired',
  `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
     SELECT ctid FROM idempotency_keys WHERE created_at <= now() - ${retention} LIMIT $1 FOR UPDATE SKIP LOCKED))
   RETURNING key`,
);

/** The first answer to a user's request under a key. */
export interface KeptAnswer extends Answer {
  /** SHA-256 of the request's body. */
  bodyDigest: Buffer;
}

/**
 * Holds a key until the transaction ends, however it ends; false at once while another transaction does. By a lock and not by
 * a row: of a row that is not committed others learn only by waiting for it.
 */
export async function tryHoldKey({ userId, key }: Claim, transaction: Transaction): Promise<boolean> {
  const [row] = await sql<{ held: boolean }>(
    tryHold,
    [`posts.idempotency-key/${userId}/${key}`],
    transaction,
  );
  return row?.held ?? false;
}

/** What was answered first, unless that is too long ago. */
export async function findFirstAnswer(
  { userId, key }: Claim,
  transaction: Transaction,
): Promise<KeptAnswer | undefined> {
  const [found] = await sql<Answer & { body_digest: Buffer }>(first, [userId, key], transaction);
  if (!found) return undefined;
  const { body_digest: bodyDigest, ...answer } = found;
  return { bodyDigest, ...answer };
}

/** Keeps the first answer, in place of one that is too old. */
export async function keepAnswer(
  { userId, key, bodyDigest }: Claim,
  { status, headers, body }: Answer,
  transaction: Transaction,
): Promise<void> {
  const values = [userId, key, bodyDigest, status, JSON.stringify(headers), body];
  await sql(keep, values, transaction);
}

/** Deletes up to `limit` kept answers of a user; returns how many. */
export const eraseAnswersOf = async (
  userId: number,
  limit: number,
  transaction: Transaction,
): Promise<number> => (await sql(eraseOf, [userId, limit], transaction)).length;

/** Deletes up to `limit` answers that are no longer kept; returns how many. */
export const deleteExpiredAnswers = async (limit: number): Promise<number> =>
  (await sql(deleteExpired, [limit])).length;
