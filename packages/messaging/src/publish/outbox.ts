import type { Envelope, EventDefinition, Publisher } from '@agora/contracts';
import type { Sequelize, Transaction } from 'sequelize';
import { writeToken } from './consistency-token.js';
import type { Correlation } from '../logger.js';
import { envelopeOf } from '../envelope.js';
import { partitionOf } from '../partitions.js';
import { defineStatement, queryRows } from '../statements.js';

/** The outbox of one service. */
export interface Outbox {
  readonly publisher: Publisher;
  /** Calls `listener` with the partitions of its events whenever a transaction of this process that added some has committed. */
  onCommit(listener: (partitions: ReadonlySet<number>) => void): void;
}

interface OpenOutbox extends Outbox {
  /** Over how many streams the events are split. */
  partitions: number;
  committed(partitions: ReadonlySet<number>): void;
  correlation: Correlation;
  latestPosition: LatestPosition;
}

/** The current position of the database's log, after all commits so far; undefined without a read replica. */
export type LatestPosition = () => Promise<string | undefined>;

const outboxes = new WeakMap<Sequelize, OpenOutbox>();
/** What each transaction has added so far. */
const added = new WeakMap<Transaction, Added[]>();

interface Added {
  envelope: Envelope;
  partition: number;
}

/** Opens the outbox in a service's database; `addToOutbox` needs it. With `latestPosition`, consistency tokens say how far a read replica must have replayed the log. */
export function openOutbox(
  database: Sequelize,
  publisher: Publisher,
  correlation: Correlation,
  latestPosition: LatestPosition = async () => undefined,
  partitions = 1,
): Outbox {
  const listeners: ((partitions: ReadonlySet<number>) => void)[] = [];
  const outbox: OpenOutbox = {
    publisher,
    correlation,
    latestPosition,
    partitions,
    onCommit: (listener) => void listeners.push(listener),
    committed: (committed) => {
      for (const listener of listeners) listener(committed);
    },
  };
  outboxes.set(database, outbox);
  return outbox;
}

/** Records an event in the transaction that makes the change; it is published after the commit, at least once. */
export const addToOutbox = <Data>(
  event: EventDefinition<Data>,
  data: Data,
  transaction: Transaction,
): Promise<void> => addAllToOutbox(event, [data], transaction);

const add = defineStatement(
  'outbox-add',
  `INSERT INTO outbox (event_id, envelope, partition)
   SELECT event_id, envelope, partition
   FROM unnest($1::uuid[], $2::jsonb[], $3::int[]) WITH ORDINALITY AS given (event_id, envelope, partition, place)
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
  const rows = facts.map((data) => {
    const envelope = envelopeOf(event, data, outbox);
    return { envelope, partition: partitionOf(data, outbox.partitions) };
  });
  await queryRows(
    database,
    add,
    [
      rows.map(({ envelope }) => envelope.id),
      rows.map(({ envelope }) => JSON.stringify(envelope)),
      rows.map(({ partition }) => partition),
    ],
    transaction,
  );
  remember(rows, transaction, outbox);
}

/** An event that is recorded by the statement that makes its change. */
export interface EventRow {
  id: string;
  /** JSON. */
  envelope: string;
  /** Over how many streams the events are split. */
  partitions: number;
}

/**
 * The part of a statement that records an event for each row that its part `changed` returns. The event's parts are bound to three parameters.
 * `entity` is the SQL for the id that determines the partition, as in `partitionOf`. `data` is the SQL for JSON that only the changed row knows,
 * such as its id; it replaces the envelope's values.
 */
export const recordEvent = (
  changed: string,
  entity: string,
  { id, envelope, partitions }: Record<keyof EventRow, string>,
  data?: string,
): string =>
  `INSERT INTO outbox (event_id, envelope, partition) SELECT ${id}::uuid, ${
    data
      ? `jsonb_set(${envelope}::jsonb, '{data}', ${envelope}::jsonb -> 'data' || ${data})`
      : `${envelope}::jsonb`
  }, ${entity} % ${partitions}::int FROM ${changed}`;

/**
 * Makes a change and records its event in one statement: what `addToOutbox` does in a transaction, in one round trip instead of four.
 * `change` runs the statement, which contains `recordEvent`. It returns whether anything changed, and the `entity` if `data` does not contain it.
 * With a `transaction`, the statement is part of it.
 */
export async function changeAndRecord<Data, Result extends { changed: boolean; entity?: number }>(
  event: EventDefinition<Data>,
  data: Data,
  database: Sequelize,
  change: (row: EventRow) => Promise<Result>,
  transaction?: Transaction,
): Promise<Result> {
  const outbox = outboxOf(database);
  const envelope = envelopeOf(event, data, outbox);
  const { partitions } = outbox;
  const result = await change({ id: envelope.id, envelope: JSON.stringify(envelope), partitions });
  if (!result.changed) return result;
  const partition = partitionOf(result.entity === undefined ? data : { post_id: result.entity }, partitions);
  if (transaction) remember([{ envelope, partition }], transaction, outbox);
  else await announceCommit(outbox, [{ envelope, partition }]);
  return result;
}

/** The open outbox of a database. Throws when `openOutbox` was not called for it. */
export function outboxOf(database: Sequelize): OpenOutbox {
  const outbox = outboxes.get(database);
  if (!outbox) throw new Error('openOutbox has not been called for this database');
  return outbox;
}

function remember(rows: Added[], transaction: Transaction, outbox: OpenOutbox): void {
  const earlier = added.get(transaction);
  if (earlier) return void earlier.push(...rows);
  added.set(transaction, rows);
  transaction.afterCommit(() => announceCommit(outbox, rows));
}

/** Wakes the relays, and gives the request the consistency token of its write. */
async function announceCommit(outbox: OpenOutbox, rows: readonly Added[]): Promise<void> {
  outbox.committed(new Set(rows.map(({ partition }) => partition)));
  // The write is committed, so the request must succeed; without a position, the reader of the token asks for one.
  const position = await outbox.latestPosition().catch(() => undefined);
  outbox.correlation.wrote(writeToken(envelopesOf(rows), outbox.publisher, position));
}

/** The token by which a reader can wait for what this transaction writes; undefined while it has added no event. */
export function consistencyTokenOf(transaction: Transaction): string | undefined {
  const rows = added.get(transaction);
  return rows && writeToken(envelopesOf(rows), outboxOf(databaseOf(transaction)).publisher);
}

const envelopesOf = (rows: readonly Added[]): Envelope[] => rows.map(({ envelope }) => envelope);

/** Sequelize's transactions know their database, though its types do not say so. */
const databaseOf = (transaction: Transaction): Sequelize =>
  (transaction as Transaction & { sequelize: Sequelize }).sequelize;
