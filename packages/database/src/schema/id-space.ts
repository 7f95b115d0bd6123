import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge } from 'prom-client';
import { defineStatement, sql } from '../statements/sql.js';

// The service's own schema is the first of its role's search path.
const used = defineStatement(
  'id-space-used',
  `SELECT sequencename AS sequence, coalesce(last_value, 0)::float8 / max_value AS ratio
   FROM pg_sequences WHERE schemaname = current_schema()`,
);

/** Ids are given slowly, so this old is fresh. */
const freshMilliseconds = 30_000;

/** Exports `id_space_used_ratio{sequence}`: the share of the ids of a service's tables that are used, 1 when there is none left. */
export function measureIdSpace(): void {
  let readAt = -Infinity;
  const gauge = new Gauge({
    name: 'id_space_used_ratio',
    help: 'How much of the ids of a sequence has been given; at 1 nothing more can be added',
    labelNames: ['sequence'],
    async collect() {
      if (performance.now() - readAt < freshMilliseconds) return;
      readAt = performance.now();
      // Without the database there is nothing new to say; the other metrics are wanted most just then, and at once.
      const rows = await Promise.race([
        sql<{ sequence: string; ratio: number }>(used).catch(() => []),
        sleep(500, [], { ref: false }),
      ]);
      for (const { sequence, ratio } of rows) gauge.set({ sequence }, ratio);
    },
  });
}
