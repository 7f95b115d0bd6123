import { inTransaction, type SetAside } from '@agora/database';
import type { Transaction } from 'sequelize';
import { pagesOf, subjectOf, type Check, type Finding, type Subject } from './check.js';

/** What a service keeps of another's data, and how to set it right. */
export interface Projection<Row, Truth> {
  kind: string;
  subject: Subject;
  countRows(): Promise<number>;
  idsAfter(after: number, limit: number): Promise<number[]>;
  /** The rows by their ids; in a transaction they are locked until it ends. */
  find(ids: number[], transaction?: Transaction): Promise<Map<number, Row>>;
  /** The owner's rows by id; those that are missing were deleted. */
  ask(ids: number[]): Promise<Map<number, Truth>>;
  differs(row: Row, truth: Truth | undefined): boolean;
  /** Sets the row to the owner's values. */
  correct(id: number, truth: Truth, transaction: Transaction): Promise<unknown>;
  /** Leaves a tombstone, and so lets nothing be written that belongs to it. */
  placeTombstone(id: number, how: SetAside, transaction: Transaction): Promise<unknown>;
}

/** Compares a projection with its owner. */
export function projectionCheck<Row, Truth>(projection: Projection<Row, Truth>): Check {
  const { kind, subject, countRows, find, ask, differs } = projection;
  return {
    kind,
    countRows,
    pages: () => pagesOf(projection.idsAfter),
    async compare(ids) {
      const rows = await find(ids);
      const truths = await ask(ids);
      return [...rows].filter(([id, row]) => differs(row, truths.get(id))).map(([id]) => id);
    },
    examine: (id, session) =>
      inTransaction(async (transaction): Promise<Finding | undefined> => {
        // The row is locked while the owner is asked, so the owner knows every change that was applied here: a difference is never newer.
        const row = (await find([id], transaction)).get(id);
        const truth = (await ask([id])).get(id);
        if (!row || !differs(row, truth) || session.awaited(subject, id).length > 0) return undefined;
        if (truth) {
          if (session.repair) await projection.correct(id, truth, transaction);
          return { problem: 'is another than its owner says', rows: 1, remedy: 'repair' };
        }
        if (session.erase)
          await projection.placeTombstone(
            id,
            { ...session.erase, subject: subjectOf(subject, id) },
            transaction,
          );
        return { problem: 'is kept, and its owner has none', rows: 1, remedy: 'erase' };
      }),
  };
}
