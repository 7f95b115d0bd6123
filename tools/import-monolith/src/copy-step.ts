import { inTransaction } from '@agora/database';
import { showProgress, type Out } from '@agora/progress';
import { beginStep, recordPage } from './ledger.js';
import { pageSizer, readPage } from './pages-of.js';
import type { OddRows, Step } from './share.js';
import { retrying } from './retrying.js';
import type { Source } from './source.js';

interface Surroundings {
  source: Source;
  /** What the old application holds. */
  extent: string;
  /** What is left out of it. */
  odd: OddRows;
  out: Out;
  stop: AbortSignal;
}

/**
 * Copies what is left of a step, and shows how far it is and how fast. A page that fails because a database is away, or too busy, is tried again,
 * smaller and later each time, until it is there; when it is asked to stop it ends after the page at hand.
 */
export async function copyStep(step: Step, surroundings: Surroundings): Promise<void> {
  const { source, extent, odd, out, stop } = surroundings;
  const begun = await retrying(stop, out, () => beginStep(step, extent));
  if (begun.finishedAt) return;
  const [counted] = await retrying(stop, out, () => source.rows<{ rows: string }>(step.count));
  const progress = showProgress(out, step.name.padEnd(14), Number(counted?.rows), begun.rows);
  const size = pageSizer(step.mostRows);
  const startedAt = performance.now();
  let [position, copied, isUncertain] = [begun.position, 0, false];
  const failed = () => {
    isUncertain = true;
    size.failed();
  };
  const copyPage = async (): Promise<number> => {
    const pageAt = performance.now();
    // A page whose commit was not answered may be there all the same.
    const found = isUncertain ? await beginStep(step, extent) : undefined;
    if (found?.finishedAt) return 0;
    const after = found?.position ?? position;
    const page = await readPage(source, step, after, size.rows(), odd);
    const { length } = page.rows;
    await inTransaction(async (transaction) => {
      await recordPage(step.name, { after, position: page.position, rows: length }, transaction);
      if (length > 0) await step.write(page.rows as never[], transaction);
    });
    [position, isUncertain] = [page.position, false];
    size.took(performance.now() - pageAt);
    return length;
  };
  try {
    for (;;) {
      const rows = await retrying(stop, out, copyPage, failed);
      copied += rows;
      progress.advance(rows);
      stop.throwIfAborted();
      if (rows === 0) break;
    }
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (copied > 0) out.write(`${step.name.padEnd(14)} ${Math.round(copied / seconds)} rows a second\n`);
}
