import { inTransaction } from '@agora/database';
import type { Transaction } from 'sequelize';
import { pagesOf, type Check, type Subject } from './check.js';

/** What a service keeps of another's data, and how to set it right. */
export interface Projection<Row, Truth> {
  kind: string;
  subject: Subject;
  idsAfter(after: number, limit: number): Promise<number[]>;
  /** The rows by their ids; in a transaction they are held until it ends. */
  find(ids: number[], transaction?: Transaction): Promise<Map<number, Row>>;
  /** What the owner says, by id; what is not there was deleted. */
  ask(ids: number[]): Promise<Map<number, Truth>>;
  differs(row: Row, truth: Truth | undefined): boolean;
  correct(id: number, truth: Truth | undefined, transaction: Transaction): Promise<unknown>;
}

/** Compares a projection with its owner. */
export function projectionCheck<Row, Truth>(projection: Projection<Row, Truth>): Check {
  const { kind, subject, find, ask, differs } = projection;
  return {
    kind,
    pages: () => pagesOf(projection.idsAfter),
    async compare(ids) {
      const rows = await find(ids);
      const truths = await ask(ids);
      return [...rows].filter(([id, row]) => differs(row, truths.get(id))).map(([id]) => id);
    },
    examine: (id, session) =>
      inTransaction(async (transaction) => {
        // Asked while the row is held, the owner knows all that was applied to it, so whatever differs is not newer here.
        const row = (await find([id], transaction)).get(id);
        const truth = (await ask([id])).get(id);
        if (!row || !differs(row, truth) || session.awaited(subject, id).length > 0) return undefined;
        if (session.repair) await projection.correct(id, truth, transaction);
        return truth ? 'is another than its owner says' : 'is kept, and its owner has none';
      }),
  };
}
