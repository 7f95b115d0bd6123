import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import type { Step } from './share.js';

/** How far a step is. */
export interface Progress {
  source: string;
  position: number[];
  rows: number;
  finishedAt: Date | null;
}

/** How far all steps are that have begun, by their names. */
export async function readLedger(database: Sequelize): Promise<Map<string, Progress>> {
  const entries = await database.query<Progress & { step: string }>(
    'SELECT step, source, position, rows::int AS rows, finished_at AS "finishedAt" FROM imports',
    { type: QueryTypes.SELECT },
  );
  return new Map(entries.map(({ step, ...progress }) => [step, progress]));
}

/** Records that a step begins, unless it has begun; returns how far it is. */
export async function beginStep(
  database: Sequelize,
  { name, position: columns }: Step,
  source: string,
): Promise<Progress> {
  const position = columns.map(() => 0);
  await database.query(
    'INSERT INTO imports (step, source, position) VALUES ($1, $2, $3::int[]) ON CONFLICT DO NOTHING',
    { bind: [name, source, position], type: QueryTypes.INSERT },
  );
  return (await readLedger(database)).get(name) ?? { source, position, rows: 0, finishedAt: null };
}

/** Another run has copied this page meanwhile. */
class AnotherImport extends Error {}

/** Records a page in the transaction that writes it; an empty one is the end. Throws an AnotherImport when it does not follow on what is there: of two runs at once, one stops. */
export async function recordPage(
  database: Sequelize,
  step: string,
  { after, position, rows }: { after: number[]; position: number[]; rows: number },
  transaction: Transaction,
): Promise<void> {
  const [, recorded] = await database.query(
    `UPDATE imports SET position = $2::int[], rows = rows + $3, finished_at = CASE WHEN $3 = 0 THEN now() END
     WHERE step = $1 AND position = $4::int[] AND finished_at IS NULL`,
    { bind: [step, position, rows, after], type: QueryTypes.UPDATE, transaction },
  );
  if (recorded !== 1) throw new AnotherImport('another import is under way');
}
