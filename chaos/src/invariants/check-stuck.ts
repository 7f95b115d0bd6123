import type { Evidence } from './evidence.js';

/** What nobody will finish, and processes that ended unasked: I8, I11. */
export async function checkStuck({ system, findings }: Evidence): Promise<void> {
  const { query } = system.administration;
  const relays = await query<{ application_name: string; held: number }>(
    `SELECT application_name, count(*)::int AS held FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted GROUP BY application_name`,
  );
  for (const { application_name: name, held } of relays)
    if (held > 1) findings.broken('I8', `${held} sessions of ${name} hold an advisory lock`);
  if (relays.length !== 3) findings.broken('I8', `${relays.length} relays hold their lock, not 3`);
  const idle = await query<{ application_name: string }>(
    `SELECT application_name FROM pg_stat_activity
     WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '2 seconds'`,
  );
  for (const { application_name: name } of idle) findings.broken('I8', `${name} left a transaction open`);
  for (const { crashes } of system.replicas) for (const crash of crashes) findings.broken('I11', crash);
}
