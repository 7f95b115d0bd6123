import { defineStatement, sql, type Statement } from '@agora/database';
import type { Transaction } from 'sequelize';
import { kindsWith, type MailKind, type Purpose } from '../mail/kinds.js';

/** A mail to be sent. A reset goes to an address, whosever it is; all others to an account. */
export interface NewMail {
  kind: MailKind;
  userId?: number;
  email: string;
  /** What the template shows; never a token. */
  details?: Record<string, string>;
}

/** A mail in the queue. */
export interface QueuedMail {
  id: string;
  kind: MailKind;
  user_id: number | null;
  email: string;
  details: Record<string, string>;
  created_at: string;
  attempts: number;
}

const inserted = defineStatement(
  'insert-mail',
  'INSERT INTO mails (kind, user_id, email, details) VALUES ($1, $2, $3, $4)',
  { prepared: true },
);

/** Queues a mail in the transaction that asks for it. */
export async function insertMail(
  { kind, userId, email, details = {} }: NewMail,
  transaction: Transaction,
): Promise<void> {
  await sql(inserted, [kind, userId ?? null, email, JSON.stringify(details)], transaction);
}

const dropped = defineStatement(
  'drop-mails-of-account',
  'DELETE FROM mails WHERE user_id = $1 AND kind = ANY($2) AND failed_at IS NULL',
  { prepared: true },
);
const droppedByAddress = defineStatement(
  'drop-mails-to-address',
  'DELETE FROM mails WHERE user_id IS NULL AND email = $1 AND kind = ANY($2) AND failed_at IS NULL',
  { prepared: true },
);

/** Removes mails of one purpose from the queue: a newer one follows. */
export async function dropMails(
  purpose: Purpose,
  to: { userId: number } | { email: string },
  transaction: Transaction,
): Promise<void> {
  if ('userId' in to) await sql(dropped, [to.userId, kindsWith(purpose)], transaction);
  else await sql(droppedByAddress, [to.email, kindsWith(purpose)], transaction);
}

const claimed = defineStatement(
  'claim-mails',
  `
    UPDATE mails SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
    WHERE id = ANY(ARRAY(
      SELECT id FROM mails WHERE failed_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, kind, user_id, email, details, created_at, attempts`,
  { prepared: true },
);

/** Claims some due mails for the given seconds: if this process ends before it has sent them, others claim them again. */
export const claimMails = (limit: number, seconds: number): Promise<QueuedMail[]> =>
  sql<QueuedMail>(claimed, [limit, seconds]);

const deleted = defineStatement('delete-mail', 'DELETE FROM mails WHERE id = $1', { prepared: true });

/** Forgets a mail: it was sent, or is not wanted any more. */
export const deleteMail = async (id: string): Promise<void> => void (await sql(deleted, [id]));

const postponed = defineStatement(
  'postpone-mail',
  `
    UPDATE mails SET last_error = $2, due_at = now() + make_interval(secs => $3),
      failed_at = CASE WHEN $4 OR created_at < now() - interval '1 day' THEN now() END
    WHERE id = $1 RETURNING failed_at IS NOT NULL AS failed`,
  { prepared: true },
);

/** Keeps a mail for a later attempt, or as failed if it `isFinal` or a day old; resolves to whether it has failed. */
export async function postponeMail(
  id: string,
  { error, seconds, isFinal }: { error: string; seconds: number; isFinal: boolean },
): Promise<boolean> {
  const [row] = await sql<{ failed: boolean }>(postponed, [id, error, seconds, isFinal]);
  return row?.failed ?? false;
}

/** Counting stops there; one is enough for an alert. */
const mostCounted = 1_000;

const measured = defineStatement(
  'measure-mails',
  `
    SELECT (SELECT count(*) FROM (SELECT FROM mails WHERE failed_at IS NOT NULL LIMIT ${mostCounted}) AS failed)::int AS failed,
      coalesce((SELECT extract(epoch FROM now() - min(created_at))
                FROM (SELECT created_at FROM mails WHERE failed_at IS NULL ORDER BY created_at LIMIT 1) AS oldest), 0)::float8 AS oldest_seconds`,
  { prepared: true },
);

/** The age of the oldest waiting mail, and the number of failed ones, counted up to 1,000; in constant time. */
export async function measureMails(): Promise<{ failed: number; oldest_seconds: number } | undefined> {
  const [row] = await sql<{ failed: number; oldest_seconds: number }>(measured, []);
  return row;
}

const expired = defineStatement(
  'delete-old-failed-mails',
  `DELETE FROM mails WHERE id = ANY(ARRAY(
     SELECT id FROM mails WHERE failed_at < now() - interval '30 days' ORDER BY failed_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
);

/** Deletes up to that many mails that failed for good 30 days ago; resolves to their number. */
export const deleteOldFailedMails = async (limit: number): Promise<number> =>
  (await sql(expired, [limit])).length;

/** A mail as operators see it. */
export interface ListedMail {
  id: string;
  kind: MailKind;
  email: string;
  created_at: string;
  due_at: string;
  attempts: number;
  last_error: string | null;
  failed_at: string | null;
}

const listed = defineStatement(
  'list-mails',
  `SELECT id, kind, email, created_at, due_at, attempts, last_error, failed_at FROM (
     (SELECT * FROM mails WHERE failed_at IS NULL ORDER BY created_at LIMIT $1)
     UNION ALL
     (SELECT * FROM mails WHERE failed_at IS NOT NULL ORDER BY failed_at LIMIT $1)
   ) AS mails ORDER BY created_at LIMIT $1`,
);

/** The mails that wait or were given up, the oldest first. */
export const listMails = (limit: number): Promise<ListedMail[]> => sql<ListedMail & object>(listed, [limit]);

const given = defineStatement(
  'count-failed-mails',
  'SELECT count(*)::int AS count FROM mails WHERE failed_at IS NOT NULL AND ($1::uuid IS NULL OR id = $1)',
);

/** How many mails were given up: all, or one by its id. */
export const countFailedMails = async (id: string | undefined): Promise<number> =>
  (await sql<{ count: number }>(given, [id ?? null]))[0]?.count ?? 0;

const failed = defineStatement(
  'failed-mails',
  'SELECT id FROM mails WHERE failed_at IS NOT NULL ORDER BY failed_at LIMIT $1',
);

const retried = defineStatement(
  'retry-failed-mails',
  `UPDATE mails SET failed_at = NULL, attempts = 0, created_at = now(), due_at = now()
   WHERE failed_at IS NOT NULL AND id = ANY($1::uuid[]) RETURNING 1`,
);

/** Queues one mail that failed, or all of them, again; resolves to how many. */
export const retryFailedMails = (id?: string): Promise<number> => forFailed(retried, id);

const discarded = defineStatement(
  'discard-failed-mails',
  'DELETE FROM mails WHERE failed_at IS NOT NULL AND id = ANY($1::uuid[]) RETURNING 1',
);

/** Deletes one mail that failed, or all of them; resolves to how many. */
export const discardFailedMails = (id?: string): Promise<number> => forFailed(discarded, id);

/** Runs a statement, after which they have not failed, for one mail or for all, some at a time. */
async function forFailed(statement: Statement, id: string | undefined): Promise<number> {
  if (id !== undefined) return (await sql(statement, [[id]])).length;
  for (let done = 0; ;) {
    const ids = (await sql<{ id: string }>(failed, [1_000])).map((row) => row.id);
    if (ids.length === 0) return done;
    done += (await sql(statement, [ids])).length;
  }
}
