import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '@agora/local-stack';
import pg from 'pg';

/** A lease that went to another holder, or to the same one again. */
export interface LeaseMove {
  /** Such as `votes relay 3`. */
  lease: string;
  /** For how long it was not seen held: at most a look longer than nobody had it. */
  milliseconds: number;
}

const lookMilliseconds = 100;

/** Held leases of relays, by the clock of PostgreSQL. */
const held = services
  .map(
    (service) =>
      `SELECT '${service} ' || name AS lease, token FROM ${service}.leases WHERE name ~ '^relay( |$)' AND expires_at > clock_timestamp()`,
  )
  .join(' UNION ALL ');

/** Records ten times a second which replica holds each lease of the relays; when it is stopped, resolves to how the leases moved, including those that nobody holds. */
export async function watchLeases(database: pg.ClientConfig): Promise<{ stop(): Promise<LeaseMove[]> }> {
  const client = new pg.Client(database);
  await client.connect();
  const stopped = new AbortController();
  const seen = new Map<string, { token: string; at: number }>();
  const moves: LeaseMove[] = [];
  const look = async () => {
    const { rows } = await client.query<{ lease: string; token: string }>(held);
    const at = performance.now();
    for (const { lease, token } of rows) {
      const last = seen.get(lease);
      if (last && last.token !== token) moves.push({ lease, milliseconds: at - last.at });
      seen.set(lease, { token, at });
    }
  };
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      await look();
      await sleep(lookMilliseconds, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  watching.catch(() => undefined);
  return {
    async stop() {
      stopped.abort();
      await watching.finally(() => void client.end());
      const now = performance.now();
      const lost = [...seen].filter(([, { at }]) => now - at > 5 * lookMilliseconds);
      return [...moves, ...lost.map(([lease, { at }]) => ({ lease, milliseconds: now - at }))];
    },
  };
}
