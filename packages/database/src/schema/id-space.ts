import { defineStatement, sql } from '../statements/sql.js';

// The service's own schema is the first of its role's search path.
const used = defineStatement(
  'id-space-used',
  `SELECT sequencename AS sequence, coalesce(last_value, 0)::float8 / max_value AS ratio
   FROM pg_sequences WHERE schemaname = current_schema()`,
);

/** How much of the ids of each sequence of a service has been given, 0 to 1; at 1 nothing more can be added. */
export const readIdSpace = (): Promise<{ sequence: string; ratio: number }[]> => sql(used);
