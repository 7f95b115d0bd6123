import { batchSize, publishRows, type Outcome, type OutboxRow } from './publish-batch.js';
import { defineFenced, runFenced, type RelayContext } from './relay-context.js';
import { defineStatement, queryPool } from '../statements.js';
import { outboxDays } from '../retention.js';

/** How many rows of the outbox one step examines. */
const stepSize = 5_000;

const republishing = defineStatement(
  'republishing',
  'SELECT FROM published_streams WHERE stream = $1 AND republish_until IS NOT NULL',
);

/** Whether events are being published again. */
export async function isRepublishing({ database, stream }: RelayContext): Promise<boolean> {
  const { rows } = await queryPool(database, republishing, [stream]);
  return rows.length > 0;
}

/**
 * Publishes the next few of the events that are to be published again and remembers the place: no row of the outbox changes, however many there are,
 * and new events are published meanwhile. Resolves to undefined when all are done. What was published longer ago than the retention stays out:
 * inboxes may have forgotten that they have applied it.
 */
export async function republishStep(context: RelayContext): Promise<Outcome | undefined> {
  const step = await nextStep(context);
  if (!step) return undefined;
  const outcome = await publishRows(context, step.rows);
  if (outcome.failed === 'nothing') await advance(context, step);
  return outcome;
}

interface Step {
  after: string;
  /** The last row that was examined; null when there is none left. */
  last: string | null;
  rows: OutboxRow[];
}

const nextRows = defineStatement(
  'republish-step',
  `WITH place AS MATERIALIZED (SELECT republish_after, republish_until, republish_since FROM published_streams WHERE stream = $1),
   looked_at AS MATERIALIZED (
     SELECT sequence, created_at, published_at, partition FROM outbox
     WHERE sequence > (SELECT republish_after FROM place) AND sequence <= (SELECT republish_until FROM place)
     ORDER BY sequence LIMIT ${stepSize}
   ), due AS MATERIALIZED (
     SELECT sequence, created_at FROM looked_at
     WHERE partition = $2 AND (published_at IS NULL
        OR published_at > greatest(now() - interval '${outboxDays} days', (SELECT republish_since FROM place)))
     ORDER BY sequence LIMIT ${batchSize}
   )
   SELECT republish_after AS after, due.sequence, event.envelope, due.created_at,
          CASE WHEN (SELECT count(*) FROM due) < ${batchSize} THEN (SELECT max(sequence) FROM looked_at)
               ELSE (SELECT max(sequence) FROM due) END AS last
   FROM place LEFT JOIN due ON true LEFT JOIN LATERAL (
     SELECT envelope FROM outbox WHERE outbox.sequence = due.sequence AND outbox.created_at = due.created_at LIMIT 1
   ) AS event ON true
   WHERE republish_until IS NOT NULL ORDER BY due.sequence`,
  { prepared: true },
);

async function nextStep({ database, stream, partition }: RelayContext): Promise<Step | undefined> {
  const { rows } = await queryPool<{ after: string; last: string | null } & Partial<OutboxRow>>(
    database,
    nextRows,
    [stream, partition],
  );
  const [first] = rows;
  if (!first) return undefined;
  const due = rows.filter((row): row is typeof row & OutboxRow => Boolean(row.sequence && row.envelope));
  return { after: first.after, last: first.last, rows: due };
}

const moveOn = defineFenced(
  'republished',
  3,
  `advanced AS (
     UPDATE published_streams SET republish_after = $3::bigint,
            republish_until = CASE WHEN $3::bigint IS NOT NULL THEN republish_until END,
            republish_since = CASE WHEN $3::bigint IS NOT NULL THEN republish_since END
     WHERE stream = $1 AND republish_after = $2::bigint AND EXISTS (SELECT FROM held)
   )`,
);

/** Records how far republishing has come, unless it was started again meanwhile. */
async function advance(context: RelayContext, { after, last }: Step): Promise<void> {
  await runFenced(context, moveOn, [context.stream, after, last]);
}
