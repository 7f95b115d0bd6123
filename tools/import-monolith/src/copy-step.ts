import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction, isDatabaseUnavailable } from '@agora/database';
import { showProgress, type Out } from '@agora/progress';
import type { Sequelize } from 'sequelize';
import { beginStep, recordPage } from './ledger.js';
import { pageSizer, readPage } from './pages-of.js';
import type { OddRows, Step } from './share.js';
import { isSourceAway, type Source } from './source.js';

interface Surroundings {
  source: Source;
  /** What the old application holds. */
  extent: string;
  /** What is left out of it. */
  odd: OddRows;
  database: Sequelize;
  out: Out;
  stop: AbortSignal;
}

/**
 * Copies what is left of a step, and shows how far it is and how fast. A page that fails because a database is away, or too busy, is tried again,
 * smaller and later each time, until it is there; when it is asked to stop it ends after the page at hand.
 */
export async function copyStep(step: Step, surroundings: Surroundings): Promise<void> {
  const { source, extent, odd, database, out, stop } = surroundings;
  const begun = await retrying(stop, out, () => beginStep(database, step, extent));
  if (begun.finishedAt) return;
  const [counted] = await source.rows<{ rows: string }>(step.count);
  const progress = showProgress(out, step.name.padEnd(14), Number(counted?.rows), begun.rows);
  const size = pageSizer(step.mostRows);
  const startedAt = performance.now();
  let [position, copied] = [begun.position, 0];
  const copyPage = async () => {
    const pageAt = performance.now();
    const page = await readPage(source, step, position, size.rows(), odd);
    await inTransaction(async (transaction) => {
      if (page.rows.length > 0) await step.write(page.rows as never[], transaction);
      const recorded = { position: page.position, rows: page.rows.length };
      await recordPage(database, step.name, recorded, transaction);
    });
    size.took(performance.now() - pageAt);
    return page;
  };
  try {
    for (;;) {
      const page = await retrying(stop, out, copyPage, size.failed);
      ({ position } = page);
      copied += page.rows.length;
      progress.advance(page.rows.length);
      stop.throwIfAborted();
      if (page.rows.length === 0) break;
    }
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (copied > 0) out.write(`${step.name.padEnd(14)} ${Math.round(copied / seconds)} rows a second\n`);
}

const longestPause = 10_000;

/** Does what is atomic until it is done; waits longer each time while a database does not answer. */
async function retrying<Result>(
  stop: AbortSignal,
  out: Out,
  work: () => Promise<Result>,
  failed: () => void = () => undefined,
): Promise<Result> {
  for (let pause = 250; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseUnavailable(error) && !isSourceAway(error)) throw error;
      failed();
      out.write(`a database does not answer in time; trying again in ${(pause / 1_000).toFixed(1)} s\n`);
      await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
      stop.throwIfAborted();
    }
  }
}
