import { atScrape, Gauge } from '@agora/process';
import { defineStatement, sql } from '@agora/database';
import type { QueryInterface, Transaction } from 'sequelize';

/** Creates the table of the last audit's results in a service's schema; for its migrations. */
export async function createAuditResultsTable(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query(
    `CREATE TABLE audit_results (
       kind text CONSTRAINT audit_results_pkey PRIMARY KEY,
       drift integer NOT NULL,
       finished_at timestamptz NOT NULL DEFAULT now()
     );
     COMMENT ON TABLE audit_results IS 'What the last audit found and did not repair, for the metrics';`,
    { transaction },
  );
}

/** Takes `createAuditResultsTable` back. */
export async function dropAuditResultsTable(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query('DROP TABLE audit_results', { transaction });
}

const save = defineStatement(
  'audit-results-save',
  `INSERT INTO audit_results (kind, drift) SELECT * FROM unnest($1::text[], $2::int[])
   ON CONFLICT (kind) DO UPDATE SET drift = EXCLUDED.drift, finished_at = now()`,
);

/** Keeps how much drift of each kind an audit left. */
export async function saveAuditResults(results: { kind: string; left: number }[]): Promise<void> {
  await sql(save, [results.map(({ kind }) => kind), results.map(({ left }) => left)]);
}

const results = defineStatement(
  'audit-results',
  'SELECT kind, drift, finished_at FROM audit_results ORDER BY finished_at',
);

/** Shows what the last audit left as `audit_drift{kind}` and when it ended as `audit_finished_timestamp_seconds`, read whenever metrics are. */
export function exportAuditResults(): void {
  const read = atScrape(() => sql<{ kind: string; drift: number; finished_at: string }>(results));
  const show = async () => {
    drift.reset();
    for (const { kind, drift: found, finished_at: at } of (await read()) ?? []) {
      drift.set({ kind }, found);
      finished.set(Date.parse(at) / 1_000);
    }
  };
  const drift = new Gauge({
    name: 'audit_drift',
    help: 'Rows that the last audit found wrong, or belonging to nothing, and left as they are',
    labelNames: ['kind'],
    collect: show,
  });
  const finished = new Gauge({
    name: 'audit_finished_timestamp_seconds',
    help: 'When the last audit ended, in Unix time',
    collect: show,
  });
}
