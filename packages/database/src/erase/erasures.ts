import { Counter } from 'prom-client';
import type { QueryInterface, Transaction } from 'sequelize';
import { defineStatement, sql } from '../statements/sql.js';
import { inTransaction } from '../statements/transaction.js';

/** Creates the queue of erasures in a service's schema; for its migrations. */
export async function createErasuresTable(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query(
    `CREATE TABLE erasures (
       kind text NOT NULL,
       id integer NOT NULL,
       requested_at timestamptz NOT NULL DEFAULT now(),
       next_at timestamptz NOT NULL DEFAULT now(),
       last_error text,
       CONSTRAINT erasures_pkey PRIMARY KEY (kind, id)
     ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
     CREATE INDEX erasures_next_at_idx ON erasures (next_at);
     COMMENT ON TABLE erasures IS 'What is still to be erased of something that has its tombstone already';`,
    { transaction },
  );
}

/** Reverts `createErasuresTable`. */
export async function dropErasuresTable(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query('DROP TABLE erasures', { transaction });
}

/** How the rows of one kind are erased. */
export interface ErasureKind {
  /** How many rows one transaction erases at most. */
  batchSize: number;
  /** Whether each row adds an event to the outbox. */
  addsEvents: boolean;
  /** Erases up to `limit` rows that belong to `id`; returns how many. Fewer than `limit` says that none is left. */
  erase(id: number, limit: number, transaction: Transaction): Promise<number>;
}

const request = defineStatement(
  'erasure-request',
  'INSERT INTO erasures (kind, id) SELECT $1, id FROM unnest($2::int[]) AS given (id) ORDER BY id ON CONFLICT (kind, id) DO NOTHING',
);
// The oldest turn first, so that a large erasure lets small ones pass. Those that another replica works on are passed over.
const next = defineStatement(
  'erasure-next',
  `SELECT kind, id FROM erasures WHERE kind = ANY($1::text[]) AND next_at <= now()
   ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
);
const putBack = defineStatement(
  'erasure-put-back',
  `UPDATE erasures SET next_at = clock_timestamp() + $3 * interval '1 second', last_error = $4 WHERE kind = $1 AND id = $2`,
);
const finish = defineStatement('erasure-finish', 'DELETE FROM erasures WHERE kind = $1 AND id = $2');
const pending = defineStatement(
  'erasures-pending',
  'SELECT id FROM erasures WHERE kind = $1 AND id = ANY($2::int[])',
);
const status = defineStatement(
  'erasures-status',
  `SELECT (SELECT count(*) FROM (SELECT FROM erasures LIMIT 10000) AS waiting)::int AS waiting,
     coalesce((SELECT extract(epoch FROM now() - min(requested_at))
               FROM (SELECT requested_at FROM erasures ORDER BY next_at LIMIT 10000) AS oldest), 0)::float8 AS oldest`,
);

/** Has everything of a kind that belongs to the ids erased soon after the commit of their tombstones, by `eraseSome`, however much it is. */
export async function requestErasures(
  kind: string,
  ids: readonly number[],
  transaction: Transaction,
): Promise<void> {
  if (ids.length > 0) await sql(request, [kind, ids], transaction);
}

/** Which of the ids still have rows of the kind to be erased. */
export async function pendingErasures(kind: string, ids: readonly number[]): Promise<Set<number>> {
  const rows = await sql<{ id: number }>(pending, [kind, ids]);
  return new Set(rows.map(({ id }) => id));
}

/** How long one turn works before others get theirs. */
const turnMilliseconds = 100;
const retrySeconds = 30;

/**
 * One turn of the periodic work that erases what was requested: batches of a transaction each, of different erasures in turn, for about a
 * tenth of a second. Any number of replicas may; a batch is done by one of them. At most one batch of a turn adds events, and none while `mayAddEvents`
 * says that the outbox does not keep up, so that new events never wait behind those of a large erasure. Resolves to `more` while there is more to do.
 */
export async function eraseSome(
  kinds: Readonly<Record<string, ErasureKind>>,
  mayAddEvents: () => Promise<boolean>,
): Promise<void | 'more'> {
  const end = performance.now() + turnMilliseconds;
  const silent = Object.keys(kinds).filter((name) => !kinds[name]?.addsEvents);
  let names = (await mayAddEvents()) ? Object.keys(kinds) : silent;
  let hasAddedEvents = false;
  do {
    const kind = await eraseBatch(kinds, names);
    if (!kind) return hasAddedEvents ? 'more' : undefined;
    if (!kind.addsEvents) continue;
    hasAddedEvents = true;
    names = silent;
  } while (performance.now() < end);
  return 'more';
}

/** Erases one batch of the erasure whose turn it is; returns its kind, undefined when there is none. */
async function eraseBatch(
  kinds: Readonly<Record<string, ErasureKind>>,
  names: string[],
): Promise<ErasureKind | undefined> {
  let taken: { kind: string; id: number } | undefined;
  try {
    return await inTransaction(async (transaction) => {
      [taken] = await sql<{ kind: string; id: number }>(next, [names], transaction);
      const kind = taken && kinds[taken.kind];
      if (!taken || !kind) return undefined;
      const erased = await kind.erase(taken.id, kind.batchSize, transaction);
      if (erased < kind.batchSize) await sql(finish, [taken.kind, taken.id], transaction);
      else await sql(putBack, [taken.kind, taken.id, 0, null], transaction);
      transaction.afterCommit(() => erasedRows.inc({ kind: taken?.kind ?? '' }, erased));
      return kind;
    });
  } catch (error) {
    // One that fails again and again must not keep the others from their turn.
    if (taken) await sql(putBack, [taken.kind, taken.id, retrySeconds, String(error)]);
    throw error;
  }
}

const erasedRows = new Counter({
  name: 'erased_rows_total',
  help: 'Rows that were erased because what they belonged to was deleted',
  labelNames: ['kind'],
});

/** How many erasures wait, counted up to 10,000, and for how many seconds the oldest has, 0 when there is none. */
export async function readErasures(): Promise<{ waiting: number; oldest: number } | undefined> {
  const [row] = await sql<{ waiting: number; oldest: number }>(status);
  return row;
}
