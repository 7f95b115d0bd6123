import { every, type Logger, type Stoppable } from '@agora/process';
import { defineStatement, sql } from '@agora/database';

const intervalMilliseconds = 3_600_000;
/** A session may have a thousand refresh tokens, which go with it. */
const sessionsAtOnce = 250;
const tokensAtOnce = 1_000;

/** Deletes, every hour and in bounded batches, sessions that have expired, with their refresh tokens; any number of replicas may. */
export const purgeExpiredSessions = (logger: Logger): Stoppable =>
  every('deleting expired sessions', intervalMilliseconds, deleteExpiredSessions, { logger });

/** Likewise deletes refresh tokens used more than 14 days ago: they have expired, so that their reuse no longer indicates theft. */
export const purgeUsedRefreshTokens = (logger: Logger): Stoppable =>
  every('deleting used refresh tokens', intervalMilliseconds, deleteUsedRefreshTokens, { logger });

/** Deletes one batch; resolves with `more` when there may be another. */
export async function deleteExpiredSessions(): Promise<void | 'more'> {
  const deleted = await sql(expiredSessions);
  return deleted.length === sessionsAtOnce ? 'more' : undefined;
}

/** Deletes one batch; resolves with `more` when there may be another. */
export async function deleteUsedRefreshTokens(): Promise<void | 'more'> {
  const deleted = await sql(usedTokens);
  return deleted.length === tokensAtOnce ? 'more' : undefined;
}

const expiredSessions = defineStatement(
  'delete-expired-sessions',
  `DELETE FROM sessions WHERE id = ANY(ARRAY(
     SELECT id FROM sessions WHERE expires_at < now()
     ORDER BY expires_at LIMIT ${sessionsAtOnce} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
);
const usedTokens = defineStatement(
  'delete-used-refresh-tokens',
  `DELETE FROM refresh_tokens WHERE hash = ANY(ARRAY(
     SELECT hash FROM refresh_tokens WHERE used_at < now() - interval '14 days'
     ORDER BY used_at LIMIT ${tokensAtOnce} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
);
