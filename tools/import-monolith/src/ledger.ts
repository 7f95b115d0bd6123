import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import type { Step } from './share.js';

/** How far a step is. */
export interface Progress {
  source: string;
  position: number[];
  rows: number;
  /** RFC 3339. */
  finishedAt: string | null;
}

const read = defineStatement(
  'imports',
  'SELECT step, source, position, rows::int AS rows, finished_at AS "finishedAt" FROM imports',
);

/** How far all steps are that have begun, by their names. */
export async function readLedger(): Promise<Map<string, Progress>> {
  const entries = await sql<Progress & { step: string }>(read);
  return new Map(entries.map(({ step, ...progress }) => [step, progress]));
}

const begin = defineStatement(
  'imports-begin',
  'INSERT INTO imports (step, source, position) VALUES ($1, $2, $3::int[]) ON CONFLICT DO NOTHING',
);

/** Records that a step begins, unless it has begun; returns how far it is. */
export async function beginStep({ name, position: columns }: Step, source: string): Promise<Progress> {
  const position = columns.map(() => 0);
  await sql(begin, [name, source, position]);
  return (await readLedger()).get(name) ?? { source, position, rows: 0, finishedAt: null };
}

const record = defineStatement(
  'imports-record',
  `UPDATE imports SET position = $2::int[], rows = rows + $3, finished_at = CASE WHEN $3 = 0 THEN now() END
   WHERE step = $1 AND position = $4::int[] AND finished_at IS NULL RETURNING 1`,
);

/** Another run has copied this page meanwhile. */
class AnotherImport extends Error {}

/** Records a page in the transaction that writes it; an empty page is the end. Throws an AnotherImport when it does not follow the last recorded page: of two concurrent runs, one stops. */
export async function recordPage(
  step: string,
  { after, position, rows }: { after: number[]; position: number[]; rows: number },
  transaction: Transaction,
): Promise<void> {
  const recorded = await sql(record, [step, position, rows, after], transaction);
  if (recorded.length !== 1) throw new AnotherImport('another import is under way');
}
