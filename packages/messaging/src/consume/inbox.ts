import type { Sequelize, Transaction } from 'sequelize';
import { idTime, timesOfIds } from '../retain/event-ids.js';
import { defineStatement, queryRows } from '../statements.js';

/** What is known of events that are about to be applied. */
interface Recorded {
  /** Those that were not applied before. */
  fresh: Set<string>;
  /** Whether any of them has failed before. */
  haveFailed: boolean;
}

const record = defineStatement(
  'inbox-record',
  // In one order everywhere, so that two replicas that share events can't each wait for the other.
  `WITH recorded AS (
     INSERT INTO inbox (event_id) SELECT id FROM unnest($1::uuid[]) AS given (id) ORDER BY id
     ON CONFLICT DO NOTHING RETURNING event_id
   )
   SELECT array(SELECT event_id::text FROM recorded) AS fresh,
          EXISTS (SELECT FROM dead_letters WHERE message_id = ANY($1::text[])) AS have_failed`,
  { prepared: true },
);

/** Records events as applied. Another transaction that applies one of them is waited for. */
export async function recordInInbox(
  database: Sequelize,
  eventIds: string[],
  transaction: Transaction,
): Promise<Recorded> {
  const [recorded] = await queryRows<{ fresh: string[]; have_failed: boolean }>(
    database,
    record,
    [eventIds],
    transaction,
  );
  return { fresh: new Set(recorded?.fresh), haveFailed: recorded?.have_failed ?? false };
}

/** The times prune partitions. */
const among = `event_id = ANY($1::uuid[]) AND ${idTime} BETWEEN $2 AND $3`;

const remove = defineStatement('inbox-remove', `DELETE FROM inbox WHERE ${among}`);

/** Removes events that need another transaction. */
export async function removeFromInbox(
  database: Sequelize,
  eventIds: string[],
  transaction: Transaction,
): Promise<void> {
  if (eventIds.length === 0) return;
  await queryRows(database, remove, [eventIds, ...timesOfIds(eventIds)], transaction);
}

const applied = defineStatement('inbox-applied', `SELECT event_id FROM inbox WHERE ${among}`);

/** Which of these events the service has applied; another replica's work counts as soon as it is committed. */
export async function findApplied(database: Sequelize, eventIds: readonly string[]): Promise<Set<string>> {
  if (eventIds.length === 0) return new Set();
  const rows = await queryRows<{ event_id: string }>(database, applied, [eventIds, ...timesOfIds(eventIds)]);
  return new Set(rows.map(({ event_id: id }) => id));
}

const forget = defineStatement(
  'dead-letters-forget',
  'DELETE FROM dead_letters WHERE message_id = ANY($1::text[])',
);

/** Forgets failures of messages that were applied after all. */
export async function forgetFailures(
  database: Sequelize,
  messageIds: string[],
  transaction: Transaction,
): Promise<void> {
  await queryRows(database, forget, [messageIds], transaction);
}
