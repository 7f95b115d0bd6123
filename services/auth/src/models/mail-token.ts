import { createHash, randomBytes } from 'node:crypto';
import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import { lifetimeSeconds, type Purpose } from '../mail/kinds.js';

/** What a token from a mail is for. */
export interface MailTokenClaim {
  user_id: number;
  /** The address that it was sent to. */
  email: string;
}

// The mail is locked: a request for a newer mail deletes this one, which must then create no token.
const issued = defineStatement(
  'issue-mail-token',
  `
    WITH held AS MATERIALIZED (SELECT id FROM mails WHERE id = $1 FOR UPDATE)
    INSERT INTO mail_tokens (hash, user_id, purpose, email, expires_at)
    SELECT $2, $3, $4, $5, now() + make_interval(secs => $6) FROM held
    ON CONFLICT ON CONSTRAINT mail_tokens_user_id_purpose_key
    DO UPDATE SET hash = excluded.hash, email = excluded.email, expires_at = excluded.expires_at
    RETURNING user_id`,
  { prepared: true },
);

/** Creates the token of 256 random bits for a mail, stores only its SHA-256, and invalidates older tokens of the same purpose. Undefined when the mail is no longer wanted. */
export async function issueMailToken(
  mailId: string,
  { userId, purpose, email }: { userId: number; purpose: Purpose; email: string },
): Promise<string | undefined> {
  const token = randomBytes(32).toString('base64url');
  const values = [mailId, hashOf(token), userId, purpose, email, lifetimeSeconds[purpose]];
  const rows = await sql(issued, values);
  return rows.length > 0 ? token : undefined;
}

const found = defineStatement(
  'find-mail-token',
  'SELECT user_id, email FROM mail_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > now()',
  { prepared: true },
);

/** What a token is for, if it is valid. */
export async function findMailToken(token: string, purpose: Purpose): Promise<MailTokenClaim | undefined> {
  const [claim] = await sql<MailTokenClaim>(found, [hashOf(token), purpose]);
  return claim;
}

const used = defineStatement(
  'use-mail-token',
  'DELETE FROM mail_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > now() RETURNING user_id, email',
  { prepared: true },
);

/** Uses a token up; undefined when it is not good, or not any more. */
export async function useMailToken(
  token: string,
  purpose: Purpose,
  transaction: Transaction,
): Promise<MailTokenClaim | undefined> {
  const values = [hashOf(token), purpose];
  const [claim] = await sql<MailTokenClaim>(used, values, transaction);
  return claim;
}

const voided = defineStatement(
  'void-mail-tokens',
  'DELETE FROM mail_tokens WHERE user_id = $1 AND purpose = $2',
  { prepared: true },
);
const voidedByAddress = defineStatement(
  'void-mail-tokens-of-address',
  `DELETE FROM mail_tokens WHERE purpose = $2 AND user_id = (SELECT id FROM users WHERE email = $1)`,
  { prepared: true },
);

/** Invalidates the tokens of an account, given its id or its address. */
export async function voidMailTokens(
  purpose: Purpose,
  of: { userId: number } | { email: string },
  transaction: Transaction,
): Promise<void> {
  if ('userId' in of) await sql(voided, [of.userId, purpose], transaction);
  else await sql(voidedByAddress, [of.email, purpose], transaction);
}

const pending = defineStatement(
  'pending-email',
  `
    SELECT email FROM mail_tokens WHERE user_id = $1 AND purpose = 'confirm-email' AND expires_at > now()
    UNION ALL
    SELECT email FROM mails WHERE user_id = $1 AND kind = 'confirm-new-email' AND failed_at IS NULL
    LIMIT 1`,
  { prepared: true },
);

/** The address whose confirmation is under way, if any. */
export async function pendingEmail(userId: number): Promise<string | undefined> {
  const [row] = await sql<{ email: string }>(pending, [userId]);
  return row?.email;
}

const expired = defineStatement(
  'delete-expired-mail-tokens',
  `DELETE FROM mail_tokens WHERE hash = ANY(ARRAY(
    SELECT hash FROM mail_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
  { prepared: true },
);

/** Deletes up to that many expired tokens; resolves to the number deleted. */
export const deleteExpiredMailTokens = async (limit: number): Promise<number> =>
  (await sql(expired, [limit])).length;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
