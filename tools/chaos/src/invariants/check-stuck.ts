import { services } from '@agora/local-stack';
import type { Evidence } from './evidence.js';

/** Work that will never finish, and processes that exited unasked: I8, I11. */
export async function checkStuck({ system, findings }: Evidence): Promise<void> {
  const { query } = system.administration;
  for (const service of services) {
    const relays = await query(
      `SELECT FROM ${service}.leases WHERE name ~ '^relay( |$)' AND expires_at > clock_timestamp()`,
    );
    if (relays.length !== system.partitions)
      findings.broken('I8', `${relays.length} of ${system.partitions} relays of ${service} are active`);
  }
  const idle = await query<{ application_name: string }>(
    `SELECT application_name FROM pg_stat_activity
     WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '2 seconds'`,
  );
  for (const { application_name: name } of idle) findings.broken('I8', `${name} left a transaction open`);
  for (const { crashes } of system.replicas) for (const crash of crashes) findings.broken('I11', crash);
}
