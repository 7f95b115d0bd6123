import { publishersFor, services } from '@agora/local-stack';
import type { Administration } from '../system/administration.js';

/** How long an event took from the transaction that wrote it to the one that applied it. */
export interface Lag {
  /** When it was written, in milliseconds since the start of the run. */
  at: number;
  milliseconds: number;
}

/** Of every event and each of its consumers, by what Postgres wrote down itself. */
export async function readLags(administration: Administration, startedAt: number): Promise<Lag[]> {
  const lags: Lag[] = [];
  for (const consumer of services) {
    for (const publisher of publishersFor(consumer)) {
      const rows = await administration.query<{ at: number; lag: number }>(
        `SELECT (extract(epoch FROM created_at) * 1000)::float8 AS at,
                (extract(epoch FROM applied_at - created_at) * 1000)::float8 AS lag
         FROM ${publisher}.outbox JOIN ${consumer}.inbox USING (event_id)
         WHERE created_at >= to_timestamp($1 / 1000.0)`,
        [startedAt],
      );
      for (const { at, lag } of rows) lags.push({ at: at - startedAt, milliseconds: lag });
    }
  }
  return lags;
}
