import { inTransaction } from '@agora/database';
import { showProgress, type Out } from '@agora/progress';
import type { Sequelize } from 'sequelize';
import { beginStep, recordPage } from './ledger.js';
import { pagesOf } from './pages-of.js';
import type { Step } from './share.js';
import type { Source } from './source.js';

interface Surroundings {
  source: Source;
  /** What the old application holds. */
  extent: string;
  database: Sequelize;
  out: Out;
  stop: AbortSignal;
}

/** Copies what is left of a step, and shows how far it is; when it is asked to stop it ends after the page at hand. */
export async function copyStep(step: Step, surroundings: Surroundings): Promise<void> {
  const { source, extent, database, out, stop } = surroundings;
  const begun = await beginStep(database, step, extent);
  if (begun.finishedAt) return;
  const [counted] = await source.rows<{ rows: string }>(step.count);
  const progress = showProgress(out, step.name.padEnd(14), Number(counted?.rows), begun.rows);
  try {
    for await (const { rows, position } of pagesOf(source, step, begun.position)) {
      await inTransaction(async (transaction) => {
        if (rows.length > 0) await step.write(rows as never[], transaction);
        await recordPage(database, step.name, { position, rows: rows.length }, transaction);
      });
      progress.advance(rows.length);
      stop.throwIfAborted();
    }
  } finally {
    progress.end();
  }
}
