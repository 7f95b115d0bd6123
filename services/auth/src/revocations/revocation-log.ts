import { every, type Logger, type Stoppable } from '@agora/process';
import { defineStatement, sql } from '@agora/database';
import type { RevocationPage } from '@agora/identity';

const pageSize = 1_000;

/** The revocations after that number, and the number of the newest committed one, in one snapshot. Rejects when the database is a standby, which may lag. */
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

/** The number of the newest committed revocation; all smaller numbers are committed too. */
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

/** How often all kept revocations are read, in minutes; in between, only those that are new since the last minute. */
const wholeMinutes = 60;

/**
 * Forgets, once a minute and in bounded batches, what revokes no token that could live. It counts minutes of its own running and looks at no
 * clock, for one that jumps would have it forget too early.
 */
export function forgetOldRevocations(logger: Logger): Stoppable {
  /** What was the newest at each of the last minutes, the latest last. */
  const newest: number[] = [];
  let minutes = 0;
  let lookedAt = 0;
  return every(
    'forgetting old revocations',
    minute,
    async () => {
      newest.push(await readNewest());
      if (newest.length <= tokenMinutes) return;
      const upTo = newest.shift();
      if (minutes % wholeMinutes === 0) lookedAt = 0;
      minutes += 1;
      for (let last: number | null = lookedAt; last !== null;) {
        lookedAt = last;
        const [page] = await sql<{ last: string | null }>(forgetRevocations, [lookedAt, upTo]);
        last = page?.last ? Number(page.last) : null;
      }
    },
    { logger },
  );
}

/** Examines the next few and returns its position. Of those that may concern tokens of the replaced application it deletes only very old ones. */
const forgetRevocations = defineStatement(
  'forget-revocations',
  `WITH page AS MATERIALIZED (
     SELECT number, type, data, recorded_at FROM revocations WHERE number > $1 AND number <= $2
     ORDER BY number LIMIT ${pageSize} FOR UPDATE SKIP LOCKED
   ), forgotten AS (
     DELETE FROM revocations WHERE number = ANY(ARRAY(
       SELECT number FROM page
       WHERE (type = 'auth.session-revoked.v1' AND data->>'session_id' NOT LIKE '00000000-0000-8000-%')
          OR recorded_at < now() - interval '${longDays} days'))
   )
   SELECT max(number) AS last FROM page`,
);
