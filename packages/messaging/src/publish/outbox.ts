import type { Envelope, EventDefinition, Publisher } from '@agora/contracts';
import type { Sequelize, Transaction } from 'sequelize';
import { writeToken } from './consistency-token.js';
import type { Correlation } from '../logger.js';
import { envelopeOf } from '../envelope.js';
import { defineStatement, queryRows } from '../statements.js';

/** The outbox of one service. */
export interface Outbox {
  readonly publisher: Publisher;
  /** Calls `listener` whenever a transaction of this process that added events has committed. */
  onCommit(listener: () => void): void;
}

interface OpenOutbox extends Outbox {
  committed(): void;
  correlation: Correlation;
  latestPosition: LatestPosition;
}

/** Where the log of the database is, past all that is committed by now; undefined where nobody needs to know. */
export type LatestPosition = () => Promise<string | undefined>;

const outboxes = new WeakMap<Sequelize, OpenOutbox>();
/** What each transaction has added so far. */
const added = new WeakMap<Transaction, Envelope[]>();

/** Opens the outbox in a service's database; `addToOutbox` needs it. With `latestPosition` tokens say what a replica of the database must have replayed. */
export function openOutbox(
  database: Sequelize,
  publisher: Publisher,
  correlation: Correlation,
  latestPosition: LatestPosition = async () => undefined,
): Outbox {
  const listeners: (() => void)[] = [];
  const outbox: OpenOutbox = {
    publisher,
    correlation,
    latestPosition,
    onCommit: (listener) => void listeners.push(listener),
    committed: () => {
      for (const listener of listeners) listener();
    },
  };
  outboxes.set(database, outbox);
  return outbox;
}

/** Records an event in the transaction that makes the change it tells of; it is published after the commit, at least once. */
export const addToOutbox = <Data>(
  event: EventDefinition<Data>,
  data: Data,
  transaction: Transaction,
): Promise<void> => addAllToOutbox(event, [data], transaction);

const add = defineStatement(
  'outbox-add',
  `INSERT INTO outbox (event_id, envelope)
   SELECT event_id, envelope FROM unnest($1::uuid[], $2::jsonb[]) WITH ORDINALITY AS given (event_id, envelope, place)
   ORDER BY place`,
);

/** Records one event for each of `facts`, in their order. Throws when one does not fit the event's schema. */
export async function addAllToOutbox<Data>(
  event: EventDefinition<Data>,
  facts: readonly Data[],
  transaction: Transaction,
): Promise<void> {
  if (facts.length === 0) return;
  const database = databaseOf(transaction);
  const outbox = outboxOf(database);
  const envelopes = facts.map((data) => envelopeOf(event, data, outbox));
  await queryRows(
    database,
    add,
    [envelopes.map(({ id }) => id), envelopes.map((envelope) => JSON.stringify(envelope))],
    transaction,
  );
  remember(envelopes, transaction, outbox);
}

/** An event as one statement records it together with the change that it tells of. */
export interface EventRow {
  id: string;
  /** JSON. */
  envelope: string;
}

/**
 * The part of a statement that records an event, whose id and envelope are bound to two parameters, where another part has changed a row.
 * `data` is the JSON, in SQL, of what only that row can tell, such as its id; it replaces what the envelope says of it.
 */
export const recordEvent = (changed: string, id: string, envelope: string, data?: string): string =>
  `INSERT INTO outbox (event_id, envelope) SELECT ${id}::uuid, ${
    data
      ? `jsonb_set(${envelope}::jsonb, '{data}', ${envelope}::jsonb -> 'data' || ${data})`
      : `${envelope}::jsonb`
  } FROM ${changed}`;

/**
 * Makes a change and records its event in one statement: as `addToOutbox` does in a transaction, in one round trip instead of four.
 * `change` runs the statement, `recordEvent` in it, and says whether it changed anything. With a `transaction` it is a part of that.
 */
export async function changeAndRecord<Data, Result extends { changed: boolean }>(
  event: EventDefinition<Data>,
  data: Data,
  database: Sequelize,
  change: (row: EventRow) => Promise<Result>,
  transaction?: Transaction,
): Promise<Result> {
  const outbox = outboxOf(database);
  const envelope = envelopeOf(event, data, outbox);
  const result = await change({ id: envelope.id, envelope: JSON.stringify(envelope) });
  if (!result.changed) return result;
  if (transaction) remember([envelope], transaction, outbox);
  else await tellCommitted(outbox, [envelope]);
  return result;
}

/** The outbox that `openOutbox` has opened for a database. Throws when it has not. */
export function outboxOf(database: Sequelize): OpenOutbox {
  const outbox = outboxes.get(database);
  if (!outbox) throw new Error('openOutbox has not been called for this database');
  return outbox;
}

function remember(envelopes: Envelope[], transaction: Transaction, outbox: OpenOutbox): void {
  const earlier = added.get(transaction);
  if (earlier) return void earlier.push(...envelopes);
  added.set(transaction, envelopes);
  transaction.afterCommit(() => tellCommitted(outbox, envelopes));
}

/** Wakes the relay, and gives the request the token of what it has written. */
async function tellCommitted(outbox: OpenOutbox, envelopes: Envelope[]): Promise<void> {
  outbox.committed();
  // What is committed is answered as such: whoever reads the token asks for the position, then.
  const position = await outbox.latestPosition().catch(() => undefined);
  outbox.correlation.wrote(writeToken(envelopes, outbox.publisher, position));
}

/** The token by which a reader can wait for what this transaction writes; undefined while it has added no event. */
export function consistencyTokenOf(transaction: Transaction): string | undefined {
  const envelopes = added.get(transaction);
  return envelopes && writeToken(envelopes, outboxOf(databaseOf(transaction)).publisher);
}

/** Sequelize's transactions know their database, though its types do not say so. */
const databaseOf = (transaction: Transaction): Sequelize =>
  (transaction as Transaction & { sequelize: Sequelize }).sequelize;
