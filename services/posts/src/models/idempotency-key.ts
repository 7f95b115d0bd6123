import type { Answer } from '@agora/http/serve';
import { defineStatement, sql, sqlState } from '@agora/database';
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

// A request that has to wait for the row of another one is a duplicate of one that is under way.
const waitBriefly = defineStatement('idempotency-key-wait-briefly', "SET LOCAL lock_timeout = '50ms'");
const waitAsEver = defineStatement('idempotency-key-wait-as-ever', 'SET LOCAL lock_timeout = DEFAULT');
// In place of one that is too old; others see it only with its answer.
const claim = defineStatement(
  'idempotency-key-claim',
  `INSERT INTO idempotency_keys AS kept (user_id, key, body_digest, status, headers, body) VALUES ($1, $2, $3, 0, '{}', '')
   ON CONFLICT (user_id, key) DO UPDATE SET body_digest = EXCLUDED.body_digest, created_at = EXCLUDED.created_at, post_id = NULL
   WHERE kept.created_at <= now() - ${retention} RETURNING key`,
);
const first = defineStatement(
  'idempotency-key-first',
  `SELECT body_digest, status, headers, body FROM idempotency_keys
   WHERE user_id = $1 AND key = $2 AND created_at > now() - ${retention}`,
);
const keep = defineStatement(
  'idempotency-key-keep',
  'UPDATE idempotency_keys SET status = $3, headers = $4, body = $5, post_id = $6 WHERE user_id = $1 AND key = $2',
);
const forget = defineStatement(
  'idempotency-key-forget-post',
  'UPDATE idempotency_keys SET status = $2, headers = $3, body = $4, post_id = NULL WHERE post_id = $1',
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
     SELECT ctid FROM idempotency_keys WHERE created_at <= now() - ${retention} ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))
   RETURNING key`,
);

/** The first answer to a user's request under a key. */
export interface KeptAnswer extends Answer {
  /** SHA-256 of the request's body. */
  bodyDigest: Buffer;
}

/**
 * Claims a key for the transaction, whose commit keeps the answer under it and whose end leaves it free: `claimed`, `in use` by another transaction
 * that has not ended, after which this one is useless, or `answered` by one that just ended.
 */
export async function claimKey(
  { userId, key, bodyDigest }: Claim,
  transaction: Transaction,
): Promise<'claimed' | 'in use' | 'answered'> {
  await sql(waitBriefly, [], transaction);
  try {
    const claimed = await sql(claim, [userId, key, bodyDigest], transaction);
    await sql(waitAsEver, [], transaction);
    return claimed.length > 0 ? 'claimed' : 'answered';
  } catch (error) {
    if (sqlState(error) === lockNotAvailable) return 'in use';
    throw error;
  }
}

const lockNotAvailable = '55P03';

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

/** Keeps the answer to a request whose key the transaction has claimed. */
export async function keepAnswer(
  { userId, key }: Claim,
  { status, headers, body }: Answer,
  transaction: Transaction,
): Promise<void> {
  const [, postId = null] = /^\/posts\/(\d+)$/.exec(headers.Location ?? '') ?? [];
  await sql(keep, [userId, key, status, JSON.stringify(headers), body, postId], transaction);
}

/** Has the request that made a post answered by `answer` from now on, and forgets what was answered before. */
export async function forgetAnswerWith(
  postId: number,
  { status, headers, body }: Answer,
  transaction: Transaction,
): Promise<void> {
  await sql(forget, [postId, status, JSON.stringify(headers), body], transaction);
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
