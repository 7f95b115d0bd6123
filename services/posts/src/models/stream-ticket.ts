import { createHash, randomBytes } from 'node:crypto';
import { defineStatement, inTransaction, sql } from '@agora/database';
import type { Caller } from '@agora/identity';

/** How long a ticket waits to be used. */
const life = `interval '60 seconds'`;
/** Of one user; the newest are kept. */
const mostOfUser = 20;

const makeRoom = defineStatement(
  'stream-ticket-make-room',
  `DELETE FROM stream_tickets WHERE digest = ANY(ARRAY(
     SELECT digest FROM stream_tickets WHERE user_id = $1 ORDER BY expires_at DESC OFFSET ${mostOfUser - 1} LIMIT 100))`,
);
const issue = defineStatement(
  'stream-ticket-issue',
  `INSERT INTO stream_tickets (digest, user_id, caller, expires_at) VALUES ($1, $2, $3, now() + ${life})`,
);
const redeem = defineStatement(
  'stream-ticket-redeem',
  'DELETE FROM stream_tickets WHERE digest = $1 AND expires_at > now() RETURNING caller',
);
const look = defineStatement(
  'stream-ticket-look',
  'SELECT caller FROM stream_tickets WHERE digest = $1 AND expires_at > now()',
);
// What another replica deletes is not waited for.
const deleteExpired = defineStatement(
  'stream-ticket-delete-expired',
  `DELETE FROM stream_tickets WHERE digest = ANY(ARRAY(
     SELECT digest FROM stream_tickets WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))
   RETURNING user_id`,
);

/** A ticket (256 bits) that opens one stream for a caller, at any replica; only its digest is kept. */
export async function issueTicket(caller: Caller): Promise<string> {
  const ticket = randomBytes(32).toString('base64url');
  await inTransaction(async (transaction) => {
    await sql(makeRoom, [caller.userId], transaction);
    await sql(issue, [digestOf(ticket), caller.userId, JSON.stringify(caller)], transaction);
  });
  return ticket;
}

/** The caller of a ticket, which can be used once; undefined when it was used, has expired or is unknown. */
export const redeemTicket = (ticket: string): Promise<Caller | undefined> => callerBy(redeem, ticket);

/** The same, and the ticket is still good. */
export const lookAtTicket = (ticket: string): Promise<Caller | undefined> => callerBy(look, ticket);

/** Deletes up to `limit` tickets that were never used; returns how many. */
export const deleteExpiredTickets = async (limit: number): Promise<number> =>
  (await sql(deleteExpired, [limit])).length;

async function callerBy(statement: typeof redeem, ticket: string): Promise<Caller | undefined> {
  const [found] = await sql<{ caller: Caller }>(statement, [digestOf(ticket)]);
  return found?.caller;
}

const digestOf = (ticket: string): Buffer => createHash('sha256').update(ticket).digest();
