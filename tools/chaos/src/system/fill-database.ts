import { seed } from '@agora/bench/seed';
import type pg from 'pg';
import type { LargeData } from '../faults/fault.js';

/** Fills a migrated, empty database as bench does at scale 10: with 100,000 accounts, 500,000 posts, some 5,000,000 votes, and the largest accounts and posts. */
export async function fillDatabase(database: pg.ClientConfig, signal: AbortSignal): Promise<LargeData> {
  const { password, hotPost, manySessions, prolific } = await seed(database, {
    scale: 10,
    bcryptCost: 10,
    signal,
  });
  return { password, hotPost, manySessions: manySessions[0], prolific };
}
