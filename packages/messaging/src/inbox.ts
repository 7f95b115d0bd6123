import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';

/** Records events as applied; returns those that were not before. Another transaction that applies one of them is waited for. */
export async function recordInInbox(
  database: Sequelize,
  eventIds: string[],
  transaction: Transaction,
): Promise<Set<string>> {
  const rows = await database.query<{ event_id: string }>(
    // In one order everywhere, so that two replicas that share events can't each wait for the other.
    `INSERT INTO inbox (event_id) SELECT id FROM unnest($1::uuid[]) AS given (id) ORDER BY id
     ON CONFLICT DO NOTHING RETURNING event_id`,
    { bind: [eventIds], type: QueryTypes.SELECT, transaction },
  );
  return new Set(rows.map(({ event_id: id }) => id));
}

/** Takes events out again that need another transaction. */
export async function removeFromInbox(
  database: Sequelize,
  eventIds: string[],
  transaction: Transaction,
): Promise<void> {
  if (eventIds.length === 0) return;
  await database.query('DELETE FROM inbox WHERE event_id = ANY($1::uuid[])', {
    bind: [eventIds],
    transaction,
  });
}

/** Which of these events the service has applied; another replica's work counts as soon as it is committed. */
export async function findApplied(database: Sequelize, eventIds: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ event_id: string }>(
    'SELECT event_id FROM inbox WHERE event_id = ANY($1::uuid[])',
    { bind: [eventIds], type: QueryTypes.SELECT },
  );
  return new Set(rows.map(({ event_id: id }) => id));
}
