import { every, type Logger, type Stoppable } from '@agora/process';
import { defineStatement, sql } from '@agora/database';
import type { RevocationPage } from '@agora/identity';

const pageSize = 1_000;

/** What was revoked after the one of that number, and the newest that is committed, as one moment sees both. Rejects when the database is a standby, which may lag. */
export async function readRevocations(after: number): Promise<RevocationPage> {
  const [found] = await sql<{ newest: string; page: RevocationPage['revocations'] }>(revocationsAfter, [
    after,
  ]);
  if (!found) throw new Error('the database is a standby');
  return { newest: Number(found.newest), revocations: found.page, more: found.page.length === pageSize };
}

// None of these is a plain SELECT, which may be read from a replica.
const revocationsAfter = defineStatement(
  'revocations-after',
  `WITH page AS (
     SELECT number, type, data FROM revocations WHERE number > $1 ORDER BY number LIMIT ${pageSize}
   )
   SELECT newest, (SELECT coalesce(json_agg(page ORDER BY number), '[]') FROM page) AS page
   FROM revocation_counter WHERE NOT pg_is_in_recovery()`,
  { prepared: true },
);

/** The number of the newest revocation that is committed: all up to it are, too. */
export async function readNewest(): Promise<number> {
  const [found] = await sql<{ newest: string }>(newestRevocation);
  if (!found) throw new Error('the database is a standby');
  return Number(found.newest);
}

const newestRevocation = defineStatement(
  'newest-revocation',
  `WITH counter AS (SELECT newest FROM revocation_counter)
   SELECT newest FROM counter WHERE NOT pg_is_in_recovery()`,
  { prepared: true },
);

const minute = 60_000;
/** The longest that a token may live (ACCESS_TOKEN_EXPIRE_MINUTES is 60 at most), and some more. */
const tokenMinutes = 70;
/** The longest that tokens of the replaced application may, which users and sessions up to a number end too. */
const longDays = 8;

/**
 * Forgets, once a minute and in bounded batches, what revokes no token that could live. It counts minutes of its own running and looks at no
 * clock, for one that jumps would have it forget too early.
 */
export function forgetOldRevocations(logger: Logger): Stoppable {
  /** What was the newest at each of the last minutes, the latest last. */
  const newest: number[] = [];
  return every(
    'forgetting old revocations',
    minute,
    async () => {
      newest.push(await readNewest());
      if (newest.length <= tokenMinutes) return;
      const upTo = newest.shift();
      let forgotten: unknown[];
      do forgotten = await sql(forgetRevocations, [upTo]);
      while (forgotten.length === pageSize);
    },
    { logger },
  );
}

/** Of those that may concern tokens of the replaced application only what is very old goes. */
const forgetRevocations = defineStatement(
  'forget-revocations',
  `DELETE FROM revocations WHERE number = ANY(ARRAY(
     SELECT number FROM revocations
     WHERE number <= $1 AND (
       (type = 'auth.session-revoked.v1' AND data->>'session_id' NOT LIKE '00000000-0000-8000-%')
       OR recorded_at < now() - interval '${longDays} days')
     ORDER BY number LIMIT ${pageSize} FOR UPDATE SKIP LOCKED))
   RETURNING number`,
);
